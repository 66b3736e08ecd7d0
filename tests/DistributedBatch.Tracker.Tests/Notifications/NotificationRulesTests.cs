using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Notifications;

namespace DistributedBatch.Tracker.Tests.Notifications;

public sealed class NotificationRulesTests
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
    public void A_run_is_stalled_when_it_makes_no_progress_for_longer_than_its_chunks_explain(bool busy, double? longest, int quietMinutes, bool stalled)
    {
        var found = NotificationRules.EventsOf(
            Run(RunState.Running, failed: 0), busy, longest is { } seconds ? TimeSpan.FromSeconds(seconds) : null, StallAfter, TestData.Noon.AddMinutes(quietMinutes));

        Assert.Equal(stalled ? [(RunEvent.Stalled, 7L)] : [], found);
    }

    [Theory]
    [InlineData(RunState.Paused)]
    [InlineData(RunState.Running)]
    public void A_run_that_is_paused_or_makes_progress_causes_no_event(RunState state) =>
        Assert.Empty(NotificationRules.EventsOf(Run(state, failed: 0), busy: true, null, StallAfter, TestData.Noon.AddMinutes(state == RunState.Paused ? 999 : 1)));

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(3, 2, false)]
    [InlineData(3, 3, true)]
    [InlineData(0, 9, false)]
    public void Failures_cause_one_event_for_each_run_from_the_limit_on(int limit, int failed, bool expected) => Assert.Equal(
        expected ? [(RunEvent.Failures, 0L)] : [],
        NotificationRules.EventsOf(Run(RunState.Running, failed) with { FailureLimit = limit }, busy: true, null, StallAfter, TestData.Noon));

    [Fact]
    public void The_end_of_a_run_has_its_revision_so_that_a_retried_run_ends_again() =>
        Assert.Equal([(RunEvent.Ended, 7L)], NotificationRules.EventsOf(Run(RunState.Cancelled, failed: 0), busy: false, null, StallAfter, TestData.Noon.AddDays(1)));

    [Fact]
    public void Retries_come_at_growing_intervals_and_end_after_a_day()
    {
        Assert.Equal([10, 30, 90, 270], Enumerable.Range(1, 4).Select(tries => (NotificationSchedule.Next(TestData.Noon, tries, TestData.Noon)! - TestData.Noon).Value.TotalSeconds));
        Assert.Equal(TestData.Noon.AddHours(1), NotificationSchedule.Next(TestData.Noon, 40, TestData.Noon));
        Assert.Null(NotificationSchedule.Next(TestData.Noon, 40, TestData.Noon.AddHours(25)));
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
            SubmittedAt = TestData.Noon,
            OutputDirectory = "out",
        },
        7, TestData.Noon, new Uri("https://lab/hook"), 1);
}
