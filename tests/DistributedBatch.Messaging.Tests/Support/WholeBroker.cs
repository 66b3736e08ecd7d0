namespace DistributedBatch.Messaging.Tests.Support;

/// <summary>Tests that do something to the broker that every other test would feel: one at a time, and none beside them.</summary>
[CollectionDefinition(nameof(WholeBroker), DisableParallelization = true)]
public sealed class WholeBroker;
