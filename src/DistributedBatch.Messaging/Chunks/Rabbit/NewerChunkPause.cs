namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>
/// A host that gets a chunk of a newer protocol returns it and takes none for a while, so that hosts of the newer version get them. After that it looks again, because the
/// next run may come from an older program. Shared by the buffers of a host.
/// </summary>
internal sealed class NewerChunkPause(TimeProvider time)
{
    /// <summary>How long no chunk is taken.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private long? since;
    private string? reason;

    /// <summary>Why no chunk is taken, as a sentence without full stop; null when chunks are taken.</summary>
    public string? Reason
    {
        get
        {
            lock (gate)
                return since is { } start && time.GetElapsedTime(start) < Length ? reason : null;
        }
    }

    /// <summary>A chunk of a newer protocol arrived.</summary>
    /// <returns>Whether the pause begins now.</returns>
    public bool Begin(string why)
    {
        lock (gate)
        {
            var isNew = since is not { } start || time.GetElapsedTime(start) >= Length;
            (since, reason) = (time.GetTimestamp(), why);
            return isNew;
        }
    }
}
