using CsCheck;
using DistributedBatch.Messaging.Chunks.Rabbit;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class CreditPlanTests
{
    [Fact]
    public void The_first_credit_is_one_subscription()
    {
        var broker = new BusyBroker();
        broker.SetCredit(32);

        Assert.Equal([32], broker.Prefetches);
        Assert.Equal(32, broker.Unacknowledged);
    }

    [Fact]
    public void More_credit_is_another_subscription_and_less_takes_it_away_again()
    {
        var broker = new BusyBroker();
        broker.SetCredit(4);
        broker.SetCredit(24);
        Assert.Equal([4, 20], broker.Prefetches);
        broker.HasMessages = false;
        broker.Acknowledge(24);

        broker.SetCredit(4);

        Assert.Equal([4], broker.Prefetches);
    }

    [Fact]
    public void Less_credit_on_a_full_channel_lets_nothing_come_in_the_place_of_what_is_acknowledged()
    {
        var broker = new BusyBroker();
        broker.SetCredit(8);
        broker.SetCredit(6);

        broker.Acknowledge(2);
        Assert.Equal(6, broker.Unacknowledged);
        broker.Acknowledge(1);
        Assert.Equal(6, broker.Unacknowledged);
    }

    [Fact]
    public void Several_subscriptions_become_one_when_nothing_is_unacknowledged()
    {
        var broker = new BusyBroker();
        broker.SetCredit(8);
        broker.SetCredit(6);
        broker.Acknowledge(1);
        broker.Acknowledge(1);
        broker.Acknowledge(1);
        broker.HasMessages = false;
        broker.Acknowledge(6);
        Assert.True(broker.Prefetches.Count > 1);

        broker.Merge();

        Assert.Equal([6], broker.Prefetches);
    }

    /// <summary>A busy broker always fills the credit, and never goes above the credit or what was unacknowledged before.</summary>
    [Fact]
    public void The_channel_holds_its_credit_and_no_more_whatever_is_raised_lowered_and_acknowledged() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 40]).Array[1, 60].Sample(
            steps =>
            {
                var broker = new BusyBroker();
                var credit = 0;
                foreach (var (isCredit, number) in steps)
                {
                    var before = broker.Unacknowledged;
                    var acknowledged = isCredit ? 0 : Math.Min(number, before);
                    if (isCredit)
                        broker.SetCredit(credit = number);
                    else
                        broker.Acknowledge(acknowledged);
                    Assert.Equal(Math.Max(credit, before - acknowledged), broker.Unacknowledged);
                }
            },
            iter: 20_000);

    /// <summary>As far as credit goes, a channel with a broker whose queue is never empty.</summary>
    private sealed class BusyBroker
    {
        private readonly List<Subscription> subscriptions = [];
        private int credit;

        public bool HasMessages { get; set; } = true;

        public int Unacknowledged => subscriptions.Sum(subscription => subscription.Unacknowledged);

        public IReadOnlyList<int> Prefetches => [.. subscriptions.Where(subscription => !subscription.IsCancelled).Select(subscription => subscription.Prefetch)];

        public void SetCredit(int wanted) => Apply(CreditPlan.For(subscriptions, credit = wanted));

        public void Merge() => Apply(CreditPlan.Merge(subscriptions, credit));

        /// <summary>Acknowledges the oldest deliveries; the channel then asks whether it holds less than it may.</summary>
        public void Acknowledge(int count)
        {
            for (; count > 0; count--)
                subscriptions.First(subscription => subscription.Unacknowledged > 0).Unacknowledged--;
            Apply(CreditPlan.For(subscriptions, credit));
        }

        private void Apply(CreditPlan plan)
        {
            foreach (var cancelled in plan.Cancel)
                cancelled.IsCancelled = true;
            if (plan.Add > 0)
                subscriptions.Add(new Subscription($"box#{subscriptions.Count}", plan.Add));
            if (HasMessages)
                subscriptions.ForEach(subscription => subscription.Unacknowledged += subscription.Free);
            subscriptions.RemoveAll(subscription => subscription is { IsCancelled: true, Unacknowledged: 0 });
        }
    }
}
