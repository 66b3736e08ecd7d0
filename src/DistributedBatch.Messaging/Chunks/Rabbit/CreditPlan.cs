namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// How the credit of a channel changes: how many deliveries the broker may leave unacknowledged on it. RabbitMQ ties prefetch to a consumer
/// (https://www.rabbitmq.com/docs/consumer-prefetch), so credit is the sum over the channel's subscriptions. More credit is another subscription, less is a cancelled one.
/// </summary>
/// <param name="Cancel">Subscriptions to cancel first.</param>
/// <param name="Add">Prefetch of a subscription to add afterwards; 0 for none.</param>
internal readonly record struct CreditPlan(IReadOnlyList<Subscription> Cancel, int Add)
{
    /// <summary>
    /// The plan for <paramref name="credit"/>. Deliveries of cancelled subscriptions count until they are acknowledged, so that the channel never holds more than its
    /// credit, or than it holds now where that is more.
    /// </summary>
    /// <param name="subscriptions">The channel's subscriptions, with those that are cancelled and still have unacknowledged deliveries.</param>
    /// <param name="credit">Deliveries that may be unacknowledged at once.</param>
    public static CreditPlan For(IReadOnlyCollection<Subscription> subscriptions, int credit)
    {
        var mayHold = subscriptions.Sum(subscription => subscription.Unacknowledged + subscription.Free);
        List<Subscription> cancel = [];
        foreach (var subscription in subscriptions.Where(subscription => subscription.Free > 0).OrderByDescending(subscription => subscription.Free))
        {
            if (mayHold <= credit)
                break;
            cancel.Add(subscription);
            mayHold -= subscription.Free;
        }

        // More is unacknowledged than may be: nothing may come in the place of what is acknowledged next.
        if (mayHold > credit)
            cancel = [.. subscriptions.Where(subscription => !subscription.IsCancelled)];
        return new CreditPlan(cancel, Math.Max(0, credit - mayHold));
    }

    /// <summary>The plan that leaves one subscription in place of several, for a channel on which nothing is unacknowledged.</summary>
    public static CreditPlan Merge(IReadOnlyCollection<Subscription> subscriptions, int credit) =>
        subscriptions.Count > 1 && subscriptions.All(subscription => subscription.Unacknowledged == 0) ? new CreditPlan([.. subscriptions], credit) : For(subscriptions, credit);
}
