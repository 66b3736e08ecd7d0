using DistributedBatch.TestKit.Processes;

namespace DistributedBatch.Specs.Run;

/// <summary>A <c>dbatch</c> process that runs.</summary>
/// <param name="Pid">Its process.</param>
/// <param name="End">How it ended, once it has.</param>
/// <param name="Told">The lines it has written to standard error so far.</param>
internal sealed record Started(int Pid, Task<Ended> End, IReadOnlyCollection<string> Told)
{
    public void Signal(int signal) => ProcessKiller.Send(Pid, signal);
}
