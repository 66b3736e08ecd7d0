using DistributedBatch.TestKit.Processes;

namespace DistributedBatch.Specs.Run;

/// <summary>A <c>dbatch</c> process that runs.</summary>
internal sealed record Started(int Pid, Task<Ended> End)
{
    public void Signal(int signal) => ProcessKiller.Send(Pid, signal);
}
