using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Notifications;

namespace DistributedBatch.Tracker.Tests.Notifications;

public sealed class NoticeJudgeTests
{
    private static readonly TimeSpan StallAfter = TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData(false, null, 9, false)]
    [InlineData(false, null, 11, true)]
    // First chunks may take as long as they like; later ones five times the longest so far.
    [InlineData(true, null, 600, false)]
    [InlineData(true, 1.0, 11, true)]
    [InlineData(true, 300.0, 24, false)]
    [InlineData(true, 300.0, 26, true)]
    public void A_run_stands_still_when_nothing_moves_for_longer_than_its_chunks_explain(bool busy, double? longest, int quietMinutes, bool stalled)
    {
        var found = NotificationRules.Of(
            Run(RunState.Running, failed: 0), busy, longest is { } seconds ? TimeSpan.FromSeconds(seconds) : null, StallAfter, Say.Noon.AddMinutes(quietMinutes));

        Assert.Equal(stalled ? [(RunEvent.Stalled, 7L)] : [], found);
    }

    [Theory]
    [InlineData(RunState.Paused)]
    [InlineData(RunState.Running)]
    public void A_run_that_is_paused_or_moves_is_nothing_to_tell_of(RunState state) =>
        Assert.Empty(NotificationRules.Of(Run(state, failed: 0), busy: true, null, StallAfter, Say.Noon.AddMinutes(state == RunState.Paused ? 999 : 1)));

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(3, 2, false)]
    [InlineData(3, 3, true)]
    [InlineData(0, 9, false)]
    public void Failures_are_told_of_from_the_limit_on_and_once_a_run(int limit, int failed, bool told) => Assert.Equal(
        told ? [(RunEvent.Failures, 0L)] : [],
        NotificationRules.Of(Run(RunState.Running, failed) with { FailureLimit = limit }, busy: true, null, StallAfter, Say.Noon));

    [Fact]
    public void The_end_of_a_run_is_told_with_its_revision_so_that_a_retried_run_ends_again() =>
        Assert.Equal([(RunEvent.Ended, 7L)], NotificationRules.Of(Run(RunState.Cancelled, failed: 0), busy: false, null, StallAfter, Say.Noon.AddDays(1)));

    [Fact]
    public void Tries_come_further_and_further_apart_and_end_after_a_day()
    {
        Assert.Equal([10, 30, 90, 270], Enumerable.Range(1, 4).Select(tries => (NotificationSchedule.Next(Say.Noon, tries, Say.Noon)! - Say.Noon).Value.TotalSeconds));
        Assert.Equal(Say.Noon.AddHours(1), NotificationSchedule.Next(Say.Noon, 40, Say.Noon));
        Assert.Null(NotificationSchedule.Next(Say.Noon, 40, Say.Noon.AddHours(25)));
    }

    private static WatchedRun Run(RunState state, int failed) => new(
        1,
        new RunView
        {
            Run = RunId.New(),
            Name = "digits",
            State = state,
            Chunks = new ChunkCounts(10, 9 - failed, 0, 1, 0, failed, 0),
            First = 0,
            Total = 100,
            ItemsSucceeded = 0,
            Command = ["prog"],
            SubmittedAt = Say.Noon,
            OutputDirectory = "out",
        },
        7, Say.Noon, new Uri("https://lab/hook"), 1);
}
