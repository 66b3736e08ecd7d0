using System.Diagnostics.CodeAnalysis;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Checks what a message says before anybody acts on it. Whoever may publish to a queue may publish anything there, and JSON leaves a missing list at null. Pure; it costs
/// a few comparisons a report.
/// </summary>
public static class MessageCheck
{
    /// <summary>Longest name of a host, and of other short texts, in characters.</summary>
    public const int LongestName = 255;

    /// <summary>Longest text of a program or an error, in characters.</summary>
    public const int LongestText = 200_000;

    /// <summary>Most slots of a host for chunks that need no GPU. The slots for the others are numbered after them, and may be as many.</summary>
    public const int MostSlots = 10_000;

    private const int MostSlotsOfBothKinds = 2 * MostSlots;

    private const int MostAttempts = 1_000_000;

    private const int MostResultLength = 2_000_000;

    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(36_500);

    // A host whose clock is wrong still does good work, so its reports count. Calculations with times outside of these years could overflow.
    private static readonly DateTimeOffset FirstTime = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset LastTime = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What is wrong with <paramref name="message"/>, in a few words; null when nothing is. A type without a check is never wrong.</summary>
    public static string? Mistake(object? message) => message switch
    {
        null => "it is empty",
        AttemptReports reports => OfHost(reports.Host) ?? OfAll(reports.Reports, OfReport),
        HostHeartbeat heartbeat => OfStatus(heartbeat.Host) ?? OfTime(heartbeat.At) ?? OfAll(heartbeat.Running, OfRunning),
        LeaseTaken lease => OfHost(lease.Host) ?? OfAttempt(lease.Run, lease.Index, lease.Attempt) ?? OfTime(lease.At),
        ChunkDead dead => OfAttempt(dead.Run, dead.Index, dead.Attempt) ?? OfText(dead.Reason, "reason", required: true) ?? OfTime(dead.At),
        ChunksReturned returned => OfHost(returned.Host) ?? OfAll(returned.Chunks, chunk => OfAttempt(chunk.Run, chunk.Index, chunk.Attempt) ?? OfCount(chunk.LostHosts, "number of lost hosts")),
        SubmitRun submit => submit.Spec is null ? "it has no run" : null,
        ChangeRun change => OfRun(change.Run) ?? (Enum.IsDefined(change.Action) ? null : "it has an unknown action"),
        ForgetRun forget => OfRun(forget.Run),
        RunSubmitted submitted => OfRun(submitted.Run) ?? OfTime(submitted.SubmittedAt) ?? (submitted.Summary is { Name: not null, DatasetKind: not null, Job.Command: not null } ? null : "it has no whole run"),
        RunChanged changed => OfRun(changed.Run) ?? OfTime(changed.At) ?? OfTime(changed.SubmittedAt) ?? OfAll(changed.Chunks, OfChange),
        RunControlMessage control => OfRun(control.Run),
        HostControlMessage control => OfHost(control.Host) ?? (control.Admission is { Runs: null } ? "it has an admission without runs" : null),
        _ => null,
    };

    private static string? OfReport(AttemptReport report) =>
        OfAttempt(report.Run, report.Index, report.Attempt)
        ?? OfHost(report.Host)
        ?? (report.Start < 0 || report.Count < 1 || report.Start > RunSpecCheck.MostItems || report.Count > RunSpecCheck.MostItems ? "its items are out of range" : null)
        ?? (report.Slot is < 0 or >= MostSlotsOfBothKinds ? "its slot is out of range" : null)
        ?? (report.Outcome is { } outcome && !Enum.IsDefined(outcome) ? "its outcome is unknown" : null)
        ?? OfTime(report.StartedAt)
        ?? OfDuration(report.Duration)
        ?? OfDuration(report.CpuTime)
        ?? (report is { PeakMemoryBytes: >= 0, ReadBytes: >= 0, WrittenBytes: >= 0, StdoutBytes: >= 0, StderrBytes: >= 0 } ? null : "it has a negative size")
        ?? OfText(report.Error, "error")
        ?? OfText(report.StderrTail, "end of standard error")
        ?? (report.Result?.Length > MostResultLength ? "its result is too long" : null)
        ?? (report.Stdout?.Length > AttemptReport.MostLogBytes || report.Stderr?.Length > AttemptReport.MostLogBytes ? "its logs are too long" : null);

    private static string? OfStatus([AllowNull] HostStatus host)
    {
        if (host is null)
            return "it has no host";
        return OfHost(host.Name)
            ?? (host.Cores is < 0 or > 1_000_000 ? "its number of cores is out of range" : null)
            ?? (host.Slots is < 0 or > MostSlotsOfBothKinds || host.GpuSlots is < 0 or > MostSlots ? "its number of slots is out of range" : null)
            ?? (double.IsFinite(host.CpuBusy) ? null : "its load is no number")
            ?? OfText(host.Version, "version", required: true)
            ?? OfText(host.SlotsReason, "reason of the slots")
            ?? OfText(host.OnHold, "hold")
            ?? OfAll(host.Warnings, warning => OfText(warning, "warning", required: true))
            ?? OfAll(host.Classes, name => OfName(name, "resource class"))
            ?? OfAll(host.Gpus, gpu => OfText(gpu.Name, "name of a GPU", required: true))
            ?? OfAll(host.Warm, warm => OfRun(warm.Run) ?? OfAll(warm.Preloaded, name => OfText(name, "name of a module", required: true)));
    }

    private static string? OfRunning(RunningAttempt running) =>
        OfAttempt(running.Run, running.Index, running.Attempt) ?? (running.Slot is < 0 or >= MostSlotsOfBothKinds ? "a slot is out of range" : null) ?? OfTime(running.StartedAt);

    private static string? OfChange(ChunkChange chunk) =>
        chunk is { Index: >= 0, Start: >= 0, Count: > 0, Attempts: >= 0 } && Enum.IsDefined(chunk.State) ? null : "a chunk is out of range";

    private static string? OfAttempt(RunId run, int index, int attempt) =>
        OfRun(run) ?? (index < 0 ? "its chunk is out of range" : null) ?? (attempt is < 1 or > MostAttempts ? "its attempt is out of range" : null);

    private static string? OfRun(RunId run) => run.Value.Length == 0 ? "it names no run" : null;

    private static string? OfHost([AllowNull] string host) => OfName(host, "host");

    private static string? OfName([AllowNull] string name, string what) =>
        string.IsNullOrWhiteSpace(name) ? $"it names no {what}"
        : name.Length > LongestName ? $"the name of its {what} is too long"
        : !VisibleText.Is(name) ? $"the name of its {what} has invisible characters"
        : null;

    private static string? OfText(string? text, string what, bool required = false) =>
        text is null ? (required ? $"it has no {what}" : null) : text.Length > LongestText ? $"its {what} is too long" : null;

    private static string? OfCount(int count, string what) => count < 0 ? $"its {what} is negative" : null;

    private static string? OfTime(DateTimeOffset time) => time < FirstTime || time > LastTime ? "its time is out of range" : null;

    private static string? OfDuration(TimeSpan duration) => duration < TimeSpan.Zero || duration > LongestDuration ? "its duration is out of range" : null;

    private static string? OfAll<T>([AllowNull] IReadOnlyList<T> list, Func<T, string?> mistake)
        where T : class?
    {
        if (list is null)
            return "a list is missing";
        foreach (var entry in list)
        {
            if ((entry is null ? "a list has an empty entry" : mistake(entry)) is { } found)
                return found;
        }

        return null;
    }
}
