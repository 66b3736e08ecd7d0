namespace DistributedBatch.Consumer.Control;

/// <summary>Why a host takes no chunks. There may be several causes at once; the host takes chunks again when the last cause is gone.</summary>
internal sealed class AdmissionHold
{
    private readonly Lock gate = new();
    private string? stopping;
    private string? byProducer;
    private string? exclusive;
    private string? joining;

    /// <summary>Raised with the reason that counts whenever a cause changed; null when there is none. Calls do not overlap.</summary>
    public event Action<string?>? Changed;

    /// <summary>The host is about to end. It never takes chunks again.</summary>
    public void SetStopping(string reason) => Change(() => stopping = reason);

    /// <summary>The producer wants the host to take no chunks, or, with null, to take them again.</summary>
    public void SetByProducer(string? reason) => Change(() => byProducer = reason);

    /// <summary>The host waits for the producer's answer before it takes its first chunk, or, with null, has it.</summary>
    public void SetJoining(string? reason) => Change(() => joining = reason);

    /// <summary>One attempt must run alone, or, with null, has ended.</summary>
    public void SetExclusive(string? reason) => Change(() => exclusive = reason);

    private void Change(Action change)
    {
        lock (gate)
        {
            change();
            Changed?.Invoke(stopping ?? joining ?? byProducer ?? exclusive);
        }
    }
}
