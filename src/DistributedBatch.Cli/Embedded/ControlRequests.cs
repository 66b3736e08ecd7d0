using DistributedBatch.Cli.Sources;
using DistributedBatch.Producer.Intake;

namespace DistributedBatch.Cli.Embedded;

/// <summary>Does what <c>dbatch cancel</c>, <c>pause</c> and <c>resume</c> ask of the process that works in a state directory; see <see cref="LocalRunControl"/>.</summary>
/// <param name="stateDirectory">The state directory.</param>
/// <param name="intake">The producer's door.</param>
internal sealed class ControlRequests(string stateDirectory, RunIntake intake)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>Serves until <paramref name="over"/>.</summary>
    public async Task ServeAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            foreach (var (run, action, request) in LocalRunControl.Requests(stateDirectory))
            {
                try
                {
                    LocalRunControl.Answer(request, await intake.ChangeAsync(run, action, over));
                }
                catch (Exception failure) when (failure is OperationCanceledException or IOException or UnauthorizedAccessException)
                {
                    // The run has ended, which who asked can see, or the request was taken back.
                }
            }

            await Task.Delay(LookAgain, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
