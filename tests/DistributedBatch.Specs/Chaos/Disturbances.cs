namespace DistributedBatch.Specs.Chaos;

/// <summary>When a host or the head was lost, and when nobody could reach the broker. A chunk may run again only for the former.</summary>
internal sealed class Disturbances
{
    // A program whose host is killed may still be starting, and a report takes a moment to be confirmed.
    private const double Margin = 2;

    // The last second of a head that dies is not in its ledger, and a loaded machine needs more to write it.
    private const double HeadMargin = 5;

    private readonly List<(string Host, double From, double To)> losses = [];
    private readonly List<(double From, double To)> outages = [];
    private readonly List<double> headDeaths = [];

    /// <summary>Hosts that were lost at some time.</summary>
    public IEnumerable<string> LostHosts => losses.Select(loss => loss.Host).Distinct();

    /// <summary>Records that a host is lost while something happens: it is killed, stopped, or cut off for longer than the producer waits.</summary>
    public async Task LoseHostAsync(string host, Func<Task> happens)
    {
        var from = Uptime.Now;
        await happens();
        losses.Add((host, from, Uptime.Now + Margin));
    }

    /// <summary>
    /// Records that the head dies. What it dispatched in the last second is not in its ledger, and its successor dispatches that again (docs/failure.md).
    /// </summary>
    public void LoseHead() => headDeaths.Add(Uptime.Now);

    /// <summary>Records that the broker takes no reports while something happens.</summary>
    public async Task LoseBrokerAsync(Func<Task> happens)
    {
        var from = Uptime.Now;
        await happens();
        outages.Add((from - Margin, Uptime.Now + Margin));
    }

    /// <summary>Whether a loss of its host, or of the head before it was recorded, explains that the chunk of an attempt ran again.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="again">When the chunk's next attempt started.</param>
    public bool Explain(LoggedAttempt attempt, double again)
    {
        // A success is safe once its report is confirmed. During an outage of the broker no report is.
        var safe = attempt.EndedAt is { } end ? outages.Where(outage => outage.From <= end && end <= outage.To).Select(outage => outage.To).Append(end).Max() + Margin : again;
        return losses.Any(loss => loss.Host == attempt.Host && loss.From <= Math.Min(again, safe) && loss.To >= attempt.StartedAt)
            || (attempt.Attempt == 1 && headDeaths.Any(death => attempt.StartedAt >= death - HeadMargin && again >= death));
    }
}
