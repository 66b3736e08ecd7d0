namespace DistributedBatch.Messaging.Tests.Support;

/// <summary>A clock that a test moves.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long now = 1;

    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => now;

    public void Pass(double milliseconds) => now += (long)(milliseconds * 1000);
}
