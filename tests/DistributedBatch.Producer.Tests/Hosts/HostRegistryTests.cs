using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Producer.Hosts;

namespace DistributedBatch.Producer.Tests.Hosts;

public sealed class HostRegistryTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    private readonly HostRegistry hosts = new(new HostSupervisionOptions());
    private readonly Guid first = Guid.NewGuid();
    private readonly Guid second = Guid.NewGuid();

    [Fact]
    public void A_consumer_that_was_started_again_is_new_and_welcome()
    {
        Assert.Equal(HostArrival.New, Beat(first, 0));
        Assert.Equal(HostArrival.Known, Beat(first, 5));

        Assert.Equal(HostArrival.New, Beat(second, 10));
        Assert.Equal(HostArrival.Known, Beat(second, 15));
    }

    [Fact]
    public void Late_heartbeats_of_a_killed_consumer_do_not_refuse_the_one_that_was_started_in_its_place()
    {
        Beat(first, 0);
        Beat(second, 60);

        Assert.Equal(HostArrival.Known, Beat(first, 60));
        Assert.Equal(HostArrival.Known, Beat(first, 60.1));

        Assert.Equal(HostArrival.Known, Beat(second, 65));
    }

    [Fact]
    public void The_second_of_two_consumers_with_one_name_is_refused()
    {
        Beat(first, 0);
        Beat(second, 1);

        Beat(first, 5);
        Beat(second, 6);
        Assert.Equal(HostArrival.New, Beat(first, 10));

        Assert.Equal(HostArrival.Refused, Beat(second, 11));
        Assert.Equal(HostArrival.Known, Beat(first, 15));
    }

    [Fact]
    public void The_last_heartbeat_of_a_consumer_does_not_take_the_next_one_offline()
    {
        Beat(first, 0);
        Beat(second, 5);

        Beat(first, 5.1, stopping: true);

        Assert.True(hosts.IsOnline("box"));
    }

    private HostArrival Beat(Guid instance, double second, bool stopping = false) => hosts.Record(
        new HostHeartbeat(new HostStatus { Name = "box", Version = "1", Cores = 2, Slots = 2 }, Start, [], stopping) { Instance = instance }, Start.AddSeconds(second));
}
