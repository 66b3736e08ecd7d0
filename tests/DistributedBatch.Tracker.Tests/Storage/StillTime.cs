namespace DistributedBatch.Tracker.Tests.Storage;

/// <summary>A clock that is set by hand.</summary>
internal sealed class StillTime(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
