using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Messaging.Tests.Connections;

public sealed class ReconnectDelayTests
{
    [Theory]
    [InlineData(1, 1, 0.1)]
    [InlineData(1, 0, 0.05)]
    [InlineData(2, 1, 0.2)]
    [InlineData(5, 1, 1.6)]
    [InlineData(7, 1, 5)]
    [InlineData(1000, 1, 5)]
    public void Trying_again_starts_at_once_and_never_waits_long(int failures, double chance, double seconds) =>
        Assert.Equal(seconds, ReconnectDelay.After(failures, chance).TotalSeconds, 0.001);
}
