namespace DistributedBatch.Messaging.Bus;

/// <summary>Tells of messages that were refused before a handler got them.</summary>
public sealed partial class MessageRefusals(ILogger<MessageRefusals> logger)
{
    private const int MaxLogged = 100;

    private readonly HashSet<string> logged = new(StringComparer.Ordinal);
    private long count;

    /// <summary>Raised with each refused message whose type is known, on the thread that received it.</summary>
    public event Action<object, RefusalReason>? Refused;

    /// <summary>How many messages were refused since the start.</summary>
    public long Count => Interlocked.Read(ref count);

    /// <summary>Why the last one was refused, as a sentence; null when none was.</summary>
    public string? LastReason { get; private set; }

    internal void Add(string queue, object? message, RefusalReason reason, string sentence)
    {
        Interlocked.Increment(ref count);
        LastReason = sentence;

        // One line for each kind, because whoever sends one bad message sends many.
        lock (logged)
        {
            if (logged.Count < MaxLogged && logged.Add(sentence))
                LogRefused(queue, sentence);
        }

        if (message is not null)
            Refused?.Invoke(message, reason);
    }

    [LoggerMessage(126, LogLevel.Error, "A message in {Queue} was refused and moved to its error queue. {Reason} More of the same kind are not logged.")]
    private partial void LogRefused(string queue, string reason);
}
