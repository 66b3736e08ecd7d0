using System.ComponentModel;
using System.Diagnostics;

namespace DistributedBatch.TestKit.Broker;

/// <summary>Asks the Docker engine something by its own command, which knows where the engine is.</summary>
internal static class DockerCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>What the command printed; null where there is no such command, no engine that answers it, or an answer of no.</summary>
    public static async Task<string?> AskAsync(CancellationToken cancellation, params IReadOnlyList<string> arguments)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            using var docker = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            try
            {
                var output = docker.StandardOutput.ReadToEndAsync(patience.Token);
                await docker.WaitForExitAsync(patience.Token);
                return docker.ExitCode == 0 ? (await output).Trim() : null;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                docker.Kill();
                return null;
            }
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
