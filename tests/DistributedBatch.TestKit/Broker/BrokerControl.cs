using System.Diagnostics;

namespace DistributedBatch.TestKit.Broker;

/// <summary>Runs <c>rabbitmqctl</c>.</summary>
/// <param name="command">The program and its leading arguments.</param>
/// <param name="environment">The complete environment to run it in; null for our own.</param>
internal sealed class BrokerControl(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment)
{
    /// <summary>Runs one command and gives what it printed.</summary>
    public async Task<string> RunAsync(CancellationToken cancellation, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        if (environment is not null)
        {
            start.Environment.Clear();
            foreach (var (name, value) in environment)
                start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"rabbitmqctl {string.Join(' ', arguments)}: exit code {process.ExitCode}\n{await output}{await errors}");
    }
}
