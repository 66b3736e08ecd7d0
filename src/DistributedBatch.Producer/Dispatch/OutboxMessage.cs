using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>What waits to be published. A closed family.</summary>
internal abstract record OutboxMessage
{
    /// <summary>News of a run, which may be told together with later ones.</summary>
    /// <param name="Fact">The run and the chunks that changed.</param>
    /// <param name="Done">Called when this, and all before it of the same run, is published.</param>
    public sealed record Changed(RunChanged Fact, Action Done) : OutboxMessage;

    /// <summary>A message that goes out as it is.</summary>
    /// <param name="Publish">Publishes it.</param>
    public sealed record Word(Func<CancellationToken, Task> Publish) : OutboxMessage;
}
