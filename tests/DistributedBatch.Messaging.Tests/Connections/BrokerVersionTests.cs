using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Messaging.Tests.Connections;

public sealed class BrokerVersionTests
{
    [Theory]
    [InlineData("3.10.8", false, false)]
    [InlineData("3.12.0", true, false)]
    [InlineData("4.2.9", true, false)]
    [InlineData("4.3.5", true, true)]
    [InlineData("5.0.0-rc.1", true, true)]
    [InlineData("", false, false)]
    public void What_a_broker_can_do_follows_from_its_version(string version, bool queueTimeout, bool consumerTimeout)
    {
        var parsed = BrokerVersion.Parse(version);

        Assert.Equal((queueTimeout, consumerTimeout), (parsed.HonoursQueueTimeout, parsed.HonoursConsumerTimeout));
    }
}
