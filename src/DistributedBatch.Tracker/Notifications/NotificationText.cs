using System.Globalization;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>Writes the text of a notification.</summary>
internal static class NotificationText
{
    /// <summary>The notification of an event.</summary>
    /// <param name="what">The event.</param>
    /// <param name="run">The run.</param>
    /// <param name="detail">A sentence beyond the counts: the cause of a stall or the error of the failed chunk; null for none.</param>
    /// <param name="now">The time.</param>
    public static RunNotification Of(RunEvent what, WatchedRun run, string? detail, DateTimeOffset now)
    {
        var view = run.View;
        var name = view.Name.Length > 0 ? view.Name : view.Run.Value;
        var (title, text) = what switch
        {
            RunEvent.Ended => ($"{name}: {view.State.ToText()}", Ended(view)),
            RunEvent.Stalled => ($"{name}: stalled", $"No progress for {Span(now - run.ChangedAt)}."),
            _ => ($"{name}: {Count(view.Chunks.Failed, "chunk")} failed", Counts(view)),
        };
        return new RunNotification
        {
            Event = what.ToText(),
            Run = view.Run,
            Name = view.Name,
            State = view.State,
            Title = title,
            Text = detail is null ? text : $"{text} {detail}",
            Chunks = view.Chunks,
            ItemsSucceeded = view.ItemsSucceeded,
            SubmittedAt = view.SubmittedAt,
            FinishedAt = view.FinishedAt,
            At = now,
        };
    }

    private static string Ended(RunView view)
    {
        var took = view.FinishedAt is { } end ? $" after {Span(end - view.SubmittedAt)}" : "";
        return view.State == RunState.Succeeded
            ? $"All {Count(view.Chunks.Total, "chunk")} succeeded{took}."
            : $"{Counts(view)} It ended{took}.";
    }

    private static string Counts(RunView view)
    {
        var cancelled = view.Chunks.Cancelled > 0 ? string.Create(CultureInfo.InvariantCulture, $", {view.Chunks.Cancelled} were cancelled") : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{view.Chunks.Succeeded} of {view.Chunks.Total} chunks succeeded, {view.Chunks.Failed} failed{cancelled}.");
    }

    private static string Count(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    private static string Span(TimeSpan time) => time.TotalMinutes < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, time.TotalSeconds):0.#} s")
        : time.TotalHours < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min");
}
