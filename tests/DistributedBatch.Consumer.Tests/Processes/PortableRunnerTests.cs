using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Tests.Processes;

public sealed class PortableRunnerTests : ProgramRunnerConformance
{
    protected override IProgramRunner Runner { get; } = new PortableRunner(TimeProvider.System);
}
