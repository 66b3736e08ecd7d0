using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Servers;

/// <summary>
/// Reads from a server, and reads again while it does not answer. A run goes on without its tracker, so a command that follows the run goes on too.
/// </summary>
/// <param name="tell">Shows a sentence at the beginning of each outage.</param>
internal sealed class OutageRetry(Action<string> tell)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Reads until the server answers. A refusal is an answer.</summary>
    /// <exception cref="ServerException">The server refused the request.</exception>
    public async Task<T> ReadAsync<T>(Func<Task<T>> read, CancellationToken cancellation)
    {
        for (var isTold = false; ; isTold = true)
        {
            try
            {
                return await read();
            }
            catch (ServerException failure) when (failure.ExitCode == ExitCode.Unreachable && !cancellation.IsCancellationRequested)
            {
                if (!isTold)
                    tell($"{DateTime.Now:HH:mm:ss} {failure.Problem} The run goes on; waiting for the server.");
            }

            await Task.Delay(Pause, cancellation);
        }
    }
}
