using DistributedBatch.Cli.State;
using DistributedBatch.Producer.Intake;

namespace DistributedBatch.Cli.Embedded;

/// <summary>Answers the requests of <c>dbatch cancel</c>, <c>pause</c> and <c>resume</c> in a state directory; see <see cref="ControlFiles"/>.</summary>
/// <param name="stateDirectory">The state directory, which this process holds.</param>
/// <param name="intake">The producer's interface.</param>
internal sealed class ControlFileListener(string stateDirectory, RunIntake intake)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Answers requests until <paramref name="stop"/>.</summary>
    public async Task ListenAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var (run, action, request) in ControlFiles.Pending(stateDirectory))
            {
                try
                {
                    ControlFiles.Answer(request, await intake.ChangeAsync(run, action, stop));
                }
                catch (Exception failure) when (failure is OperationCanceledException or IOException or UnauthorizedAccessException)
                {
                    // The run has ended, which the client sees by itself, or the client has withdrawn the request.
                }
            }

            await Task.Delay(PollInterval, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
