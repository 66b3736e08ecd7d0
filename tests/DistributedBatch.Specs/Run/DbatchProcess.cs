using DistributedBatch.TestKit.Processes;

namespace DistributedBatch.Specs.Run;

/// <summary>A running <c>dbatch</c> process.</summary>
/// <param name="Pid">Its process.</param>
/// <param name="End">How it ended, once it has.</param>
/// <param name="ErrorLines">The lines it has written to standard error so far.</param>
internal sealed record DbatchProcess(int Pid, Task<DbatchResult> End, IReadOnlyCollection<string> ErrorLines)
{
    public void Signal(int signal) => ProcessKiller.Send(Pid, signal);
}
