using System.Globalization;
using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Tracker.Logs;

namespace DistributedBatch.Cli.Output;

/// <summary>Numbers, times and outcomes as people read them.</summary>
internal static class HumanText
{
    /// <summary>A number with its noun, such as <c>1 chunk</c> or <c>2,000 chunks</c>.</summary>
    public static string Count(long number, string noun) => string.Create(CultureInfo.InvariantCulture, $"{number:N0} {noun}{(number == 1 ? "" : "s")}");

    /// <summary>A rate, such as <c>3.4</c> or <c>12,000</c>.</summary>
    public static string Rate(double? perSecond) => perSecond switch
    {
        null => "-",
        < 0.01 => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.0000}"),
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.00}"),
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.0}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{perSecond:N0}"),
    };

    /// <summary>The time left: <c>about 9 min</c>, or <c>up to 9 min</c> while the estimate is wide.</summary>
    public static string Eta(EtaRange? eta) => eta is null || !IsDuration(eta.LatestSeconds)
        ? "-"
        : $"{(eta.EarliestSeconds < eta.LatestSeconds / 2 ? "up to" : "about")} {DurationText.Round(TimeSpan.FromSeconds(eta.LatestSeconds))}";

    /// <summary>A duration in seconds, such as <c>3.2 s</c> or <c>2 min 5 s</c>.</summary>
    public static string Seconds(double? seconds) => seconds is { } known && IsDuration(known) ? DurationText.Show(TimeSpan.FromSeconds(known)) : "-";

    /// <summary>The time since <paramref name="time"/>, such as <c>5 min ago</c>.</summary>
    public static string Ago(DateTimeOffset time, DateTimeOffset now)
    {
        var span = now - time;
        return span < TimeSpan.FromSeconds(1) ? "just now" : $"{DurationText.Round(span)} ago";
    }

    /// <summary>A problem with the broker and its duration, such as <c>the broker cannot be reached: refused (for 35 s until 2 min ago)</c>.</summary>
    public static string Trouble(BrokerTrouble trouble, DateTimeOffset now)
    {
        var lasted = Seconds(((trouble.Until ?? now) - trouble.Since).TotalSeconds);
        return $"{trouble.Reason} (for {lasted}{(trouble.Until is { } until ? $" until {Ago(until, now)}" : "")})";
    }

    /// <summary>How an attempt ended: <c>exit code 3</c>, <c>signal 9 (SIGKILL)</c>, <c>timeout</c>; <c>running</c> while it runs.</summary>
    public static string Outcome(AttemptOutcome? outcome, int? exitCode, int? signal) => (outcome, exitCode, signal) switch
    {
        (null, _, _) => "running",
        (AttemptOutcome.ExitCode, 0, _) => "exit code 0, but its files could not be kept",
        (AttemptOutcome.ExitCode, { } code, _) => $"exit code {code}{InBrackets(SignalText.OfExitCode(code))}",
        (AttemptOutcome.Signal, _, { } number) => $"signal {number}{InBrackets(SignalText.Name(number))}",
        ({ } other, _, _) => other.ToText().Replace('-', ' '),
    };

    /// <summary>How <paramref name="attempt"/> ended.</summary>
    public static string Outcome(AttemptView attempt) => Outcome(attempt.Outcome, attempt.ExitCode, attempt.Signal);

    /// <summary>The reason of a failed attempt as one line, cut to a width; empty when its <see cref="Outcome(AttemptView)">outcome</see> says all. See <see cref="FailureReason"/>.</summary>
    public static string FailureMessage(AttemptOutcome? outcome, int? exitCode, string? stderrTail, string? error, int width)
    {
        var line = SafeText.Of(FailureReason.Of(outcome, exitCode, stderrTail, error) ?? "").ReplaceLineEndings(" ").Trim();
        return line.Length > width ? line[..(width - 1)] + "…" : line;
    }

    /// <summary>The reason of a failed attempt.</summary>
    public static string FailureMessage(AttemptView attempt, int width) =>
        FailureMessage(attempt.Outcome, attempt.ExitCode, attempt.StderrTail, attempt.Error, width);

    private static string InBrackets(string? name) => name is null ? "" : $" ({name})";

    private static bool IsDuration(double seconds) => double.IsFinite(seconds) && seconds < 1e9;
}
