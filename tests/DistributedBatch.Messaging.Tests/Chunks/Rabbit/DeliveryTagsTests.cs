using DistributedBatch.Messaging.Chunks.Rabbit;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class DeliveryTagsTests
{
    private readonly DeliveryTags tags = new();

    [Fact]
    public void What_is_done_in_order_is_told_with_one_frame()
    {
        Deliver(5);
        Done(1, 3, 2);

        Assert.Equal([new(3, true)], Take());
        Assert.Empty(Take());
    }

    [Fact]
    public void A_delivery_that_is_still_open_is_not_told_of_with_later_ones()
    {
        Deliver(4);
        Done(1, 3, 4);

        Assert.Equal([new(1, true), new(3, false), new(4, false)], Take().OrderBy(frame => frame.Tag));
    }

    [Fact]
    public void What_was_told_by_itself_is_never_the_end_of_a_group()
    {
        Deliver(4);
        Done(3);
        Take();
        tags.Told(4);
        Done(1, 2);

        Assert.Equal([new(2, true)], Take());
    }

    [Fact]
    public void A_group_may_reach_over_what_was_told_by_itself()
    {
        Deliver(3);
        tags.Told(2);
        Done(1, 3);

        Assert.Equal([new(3, true)], Take());
    }

    [Fact]
    public void Only_deliveries_since_the_consumer_began_are_counted_for_it()
    {
        Deliver(4);
        Done(1, 2, 3);

        Assert.Equal(2, tags.Take([], since: 2));
    }

    private void Deliver(ulong count)
    {
        for (ulong tag = 1; tag <= count; tag++)
            tags.Delivered(tag);
    }

    private void Done(params ReadOnlySpan<ulong> done)
    {
        foreach (var tag in done)
            tags.Done(tag);
    }

    private List<DeliveryTags.Frame> Take()
    {
        List<DeliveryTags.Frame> frames = [];
        tags.Take(frames, since: 0);
        return frames;
    }
}
