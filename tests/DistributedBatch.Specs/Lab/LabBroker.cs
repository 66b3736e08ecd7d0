using DistributedBatch.TestKit.Broker;

namespace DistributedBatch.Specs.Lab;

/// <summary>The specs that need a broker share one, and run one after the other: they load the machine and break the broker.</summary>
[CollectionDefinition(nameof(LabBroker), DisableParallelization = true)]
public sealed class LabBroker : ICollectionFixture<PrivateBroker>;
