using DistributedBatch.Messaging.Chunks.Rabbit;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class UnacknowledgedDeliveriesTests
{
    private readonly Subscription subscription = new("box#1", prefetch: 10);
    private readonly UnacknowledgedDeliveries deliveries = new();

    [Fact]
    public void What_is_settled_in_order_is_acknowledged_with_one_frame()
    {
        Receive(5);
        Settle(1, 3, 2);

        Assert.Equal([new(3, true)], deliveries.TakeFrames());
        Assert.Empty(deliveries.TakeFrames());
        Assert.Equal(2, deliveries.Count);
    }

    [Fact]
    public void A_delivery_that_is_still_open_is_not_acknowledged_with_later_ones()
    {
        Receive(4);
        Settle(1, 3, 4);

        Assert.Equal([new(1, true), new(3, false), new(4, false)], deliveries.TakeFrames().OrderBy(frame => frame.Tag));
    }

    [Fact]
    public void A_delivery_that_was_rejected_is_never_the_end_of_a_group()
    {
        Receive(4);
        Settle(3);
        deliveries.TakeFrames();
        deliveries.Remove(4);
        Settle(1, 2);

        Assert.Equal([new(2, true)], deliveries.TakeFrames());
    }

    [Fact]
    public void A_group_may_reach_over_a_delivery_that_was_rejected()
    {
        Receive(3);
        deliveries.Remove(2);
        Settle(1, 3);

        Assert.Equal([new(3, true)], deliveries.TakeFrames());
    }

    [Fact]
    public void A_delivery_that_is_settled_twice_is_acknowledged_once()
    {
        Receive(2);
        Settle(2);
        Assert.Equal([new(2, false)], deliveries.TakeFrames());
        Settle(2);

        Assert.Empty(deliveries.TakeFrames());
    }

    [Fact]
    public void A_delivery_counts_for_its_subscription_until_it_is_acknowledged()
    {
        Receive(3);
        deliveries.Remove(1);
        Settle(3);
        Assert.Equal((2, 8), (subscription.Unacknowledged, subscription.Free));

        deliveries.TakeFrames();
        Assert.Equal((1, 9), (subscription.Unacknowledged, subscription.Free));
    }

    private void Receive(ulong count)
    {
        for (ulong tag = 1; tag <= count; tag++)
            deliveries.Add(tag, subscription);
    }

    private void Settle(params ReadOnlySpan<ulong> tags)
    {
        foreach (var tag in tags)
            deliveries.Settle(tag);
    }
}
