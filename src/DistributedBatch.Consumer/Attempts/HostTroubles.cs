using System.Collections.Concurrent;

namespace DistributedBatch.Consumer.Attempts;

/// <summary>
/// What this host cannot do at the moment, one sentence per duty. A trouble is logged when it begins and when it is over, not at every try; heartbeats
/// carry it meanwhile.
/// </summary>
internal sealed partial class HostTroubles(HostSettings host, ILogger<HostTroubles> logger)
{
    private readonly ConcurrentDictionary<string, string> open = new();

    /// <summary>The sentences, without full stop.</summary>
    public IReadOnlyList<string> All => [.. open.OrderBy(trouble => trouble.Key, StringComparer.Ordinal).Select(trouble => trouble.Value)];

    /// <summary>A duty fails.</summary>
    /// <param name="duty">The duty; each has at most one trouble.</param>
    /// <param name="sentence">What fails, why, and what happens next; without full stop.</param>
    public void Report(string duty, string sentence)
    {
        if (open.TryAdd(duty, sentence))
            Begun(logger, host.Name, sentence);
        else
            open[duty] = sentence;
    }

    /// <summary>The duty works. Does nothing when it had no trouble.</summary>
    public void Resolve(string duty)
    {
        if (open.TryRemove(duty, out var sentence))
            Over(logger, host.Name, sentence);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Host {Host}: {Trouble}.")]
    private static partial void Begun(ILogger logger, string host, string trouble);

    [LoggerMessage(Level = LogLevel.Information, Message = "Host {Host}: this is over: {Trouble}.")]
    private static partial void Over(ILogger logger, string host, string trouble);
}
