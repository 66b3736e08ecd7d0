namespace DistributedBatch.Consumer.Isolation;

/// <summary>Whether attempts can have control groups on this host.</summary>
public abstract record IsolationStart
{
    /// <summary>They can.</summary>
    /// <param name="Groups">The groups; whoever opened them closes them.</param>
    public sealed record Ready(AttemptCgroups Groups) : IsolationStart;

    /// <summary>They cannot; no group is left behind.</summary>
    /// <param name="Reason">Why, half a sentence.</param>
    /// <param name="Remedy">What to do about it, a sentence without full stop.</param>
    public sealed record Refused(string Reason, string Remedy) : IsolationStart
    {
        /// <summary>Reason and remedy as an error text.</summary>
        public string Sentence => $"--isolation cgroup: {Reason}. {Remedy}.";
    }
}
