using System.Globalization;
using DistributedBatch.Cli.Options;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Cli.Output;

/// <summary>Numbers and times in the words of a person.</summary>
internal static class HumanText
{
    /// <summary>A rate, such as <c>3.4</c> or <c>12,000</c>.</summary>
    public static string Rate(double? perSecond) => perSecond switch
    {
        null => "-",
        < 0.01 => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.0000}"),
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.00}"),
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.0}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{perSecond:N0}"),
    };

    /// <summary>A time to go as a range, such as <c>2m 05s to 3m 10s</c>.</summary>
    public static string Eta(EtaRange? eta)
    {
        if (eta is null)
            return "-";
        var (earliest, latest) = (Seconds(eta.EarliestSeconds), Seconds(eta.LatestSeconds));
        return earliest == latest ? earliest : $"{earliest} to {latest}";
    }

    /// <summary>A duration in seconds.</summary>
    public static string Seconds(double? seconds) => seconds is { } known && double.IsFinite(known) && known < 1e9 ? DurationText.Show(TimeSpan.FromSeconds(known)) : "-";

    /// <summary>How long ago.</summary>
    public static string Ago(DateTimeOffset time, DateTimeOffset now)
    {
        var span = now - time;
        return span < TimeSpan.FromSeconds(1) ? "just now" : $"{DurationText.Show(span)} ago";
    }

    /// <summary>What was wrong with the broker and how long, such as <c>the broker cannot be reached: refused (for 35s until 2m ago)</c>.</summary>
    public static string Trouble(BrokerTrouble trouble, DateTimeOffset now)
    {
        var lasted = Seconds(((trouble.Until ?? now) - trouble.Since).TotalSeconds);
        return $"{trouble.Reason} (for {lasted}{(trouble.Until is { } until ? $" until {Ago(until, now)}" : "")})";
    }

    /// <summary>How an attempt ended, in a few words: <c>exit-code 3</c>, <c>signal 9</c>, <c>timeout</c>.</summary>
    public static string Ending(AttemptView attempt) => attempt switch
    {
        { Outcome: null } => "running",
        { Outcome: AttemptOutcome.ExitCode, ExitCode: { } code } => $"exit-code {code}",
        { Outcome: AttemptOutcome.Signal, Signal: { } signal } => $"signal {signal}",
        { Outcome: { } outcome } => outcome.ToText(),
    };

    /// <summary>
    /// What a failed attempt said: the last line of its standard error, else the sentence about it, unless that would only repeat <see cref="Ending"/>.
    /// </summary>
    public static string Said(AttemptOutcome? outcome, string? stderrTail, string? error, int width) =>
        !string.IsNullOrWhiteSpace(stderrTail)
            ? LastLine(stderrTail, width)
            : outcome is AttemptOutcome.ExitCode or AttemptOutcome.Signal ? "" : LastLine(error, width);

    /// <summary>The last line with something on it, cut to a width.</summary>
    public static string LastLine(string? text, int width)
    {
        var line = Tracker.Logs.SafeText.Of(text ?? "").Split('\n').Select(part => part.Trim()).LastOrDefault(part => part.Length > 0) ?? "";
        return line.Length > width ? line[..(width - 1)] + "…" : line;
    }
}
