namespace DistributedBatch.Consumer.Control;

/// <summary>What a host knows of a run. Pure.</summary>
/// <param name="State">The newest state that the producer sent.</param>
/// <param name="Revision">The run's revision at that time.</param>
/// <param name="EndedAt">The run's revision when it last was cancelled or over; null when it was not. A retry does not revive the chunks from before it.</param>
internal sealed record RunOrder(RunState State, long Revision, long? EndedAt)
{
    /// <summary>Nothing is known yet: the run runs.</summary>
    public static RunOrder None { get; } = new(RunState.Running, long.MinValue, null);

    /// <summary>Adds a message. Messages may come late: an older one never changes what a newer one said.</summary>
    public RunOrder With(RunControlMessage message)
    {
        var endedAt = message.State.IsSettled() && !(EndedAt >= message.Revision) ? message.Revision : EndedAt;
        return message.Revision >= Revision ? new RunOrder(message.State, message.Revision, endedAt) : this with { EndedAt = endedAt };
    }

    /// <summary>The outcome to report for a chunk that is not to be run; null when it is to be run.</summary>
    /// <param name="dispatchedAt">The run's revision when the chunk was dispatched; null when its producer does not say so, and only <see cref="State"/> counts.</param>
    public AttemptOutcome? OutcomeInsteadOfRunning(long? dispatchedAt)
    {
        if (dispatchedAt is null ? State.IsSettled() : dispatchedAt < EndedAt)
            return AttemptOutcome.Cancelled;
        return State == RunState.Paused && (dispatchedAt is null || dispatchedAt < Revision) ? AttemptOutcome.Released : null;
    }
}
