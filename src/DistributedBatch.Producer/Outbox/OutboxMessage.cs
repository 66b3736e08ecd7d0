namespace DistributedBatch.Producer.Outbox;

/// <summary>A message that waits to be published. A closed family.</summary>
internal abstract record OutboxMessage
{
    /// <summary>The change of a run, which may be merged with later ones.</summary>
    public sealed record Update(RunChanged Change) : OutboxMessage;

    /// <summary>A message that is published as it is.</summary>
    public sealed record Single(Func<CancellationToken, Task> PublishAsync) : OutboxMessage;
}
