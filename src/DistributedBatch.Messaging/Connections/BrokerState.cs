namespace DistributedBatch.Messaging.Connections;

/// <summary>How we stand with the broker.</summary>
public abstract record BrokerState
{
    private BrokerState()
    {
    }

    /// <summary>The state in one word, for programs.</summary>
    public abstract string Word { get; }

    /// <summary>What is wrong, for people; null when nothing is.</summary>
    public virtual string? Trouble => null;

    /// <summary>Connected, and messages flow.</summary>
    public sealed record Connected : BrokerState
    {
        /// <inheritdoc/>
        public override string Word => "connected";
    }

    /// <summary>Connected, but the broker takes no messages because it is short of memory or disk.</summary>
    /// <param name="Reason">The broker's word on it.</param>
    public sealed record Blocked(string Reason) : BrokerState
    {
        /// <inheritdoc/>
        public override string Word => "blocked";

        /// <inheritdoc/>
        public override string Trouble => $"the broker takes no messages: {Reason}";
    }

    /// <summary>Not connected; we keep trying.</summary>
    /// <param name="Reason">Why not.</param>
    public sealed record Away(string Reason) : BrokerState
    {
        /// <inheritdoc/>
        public override string Word => "away";

        /// <inheritdoc/>
        public override string Trouble => $"the broker cannot be reached: {Reason}";
    }

    /// <summary>The broker does not let us in. We keep trying, but someone has to change something.</summary>
    /// <param name="Reason">What it refused and what to do.</param>
    public sealed record Refused(string Reason) : BrokerState
    {
        /// <inheritdoc/>
        public override string Word => "refused";

        /// <inheritdoc/>
        public override string Trouble => Reason;
    }
}
