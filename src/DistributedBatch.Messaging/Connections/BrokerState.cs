namespace DistributedBatch.Messaging.Connections;

/// <summary>State of a connection to the broker.</summary>
public abstract record BrokerState
{
    private BrokerState()
    {
    }

    /// <summary>The state in one word, for programs.</summary>
    public abstract string Word { get; }

    /// <summary>The problem, for people; null when there is none.</summary>
    public virtual string? Trouble => null;

    /// <summary>Connected, and messages flow.</summary>
    public sealed record Connected : BrokerState
    {
        /// <inheritdoc/>
        public override string Word => "connected";
    }

    /// <summary>Connected, but the broker takes no messages because it is short of memory or disk.</summary>
    /// <param name="Reason">The reason that the broker gives.</param>
    public sealed record Blocked(string Reason) : BrokerState
    {
        /// <inheritdoc/>
        public override string Word => "blocked";

        /// <inheritdoc/>
        public override string Trouble => $"the broker takes no messages: {Reason}";
    }

    /// <summary>Not connected; the next try follows by itself.</summary>
    /// <param name="Reason">Why not.</param>
    public sealed record Away(string Reason) : BrokerState
    {
        /// <inheritdoc/>
        public override string Word => "away";

        /// <inheritdoc/>
        public override string Trouble => $"the broker cannot be reached: {Reason}";
    }

    /// <summary>The broker refuses the connection. Tries go on, but somebody has to change something.</summary>
    /// <param name="Reason">What it refused and what to do.</param>
    public sealed record Refused(string Reason) : BrokerState
    {
        /// <inheritdoc/>
        public override string Word => "refused";

        /// <inheritdoc/>
        public override string Trouble => Reason;
    }
}
