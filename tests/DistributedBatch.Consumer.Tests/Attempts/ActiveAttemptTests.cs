using System.Diagnostics;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.TestKit.Processes;

namespace DistributedBatch.Consumer.Tests.Attempts;

public sealed class ActiveAttemptTests
{
    [Theory]
    [InlineData(0, 5, false)]
    [InlineData(3, 5, false)]
    [InlineData(4, 5, true)]
    [InlineData(0, 1, false)]
    [InlineData(1, 2, true)]
    public void The_last_chance_is_the_one_before_the_crash_limit(int lostHosts, int crashLimit, bool isLast) =>
        Assert.Equal(isLast, TestAttempt.Create(lostHosts, crashLimit).IsLastChance);

    [Fact]
    public void The_first_stop_counts()
    {
        var attempt = TestAttempt.Create();

        attempt.Stop(AttemptOutcome.Cancelled, "first");
        attempt.Stop(AttemptOutcome.Released, "second");

        Assert.True(attempt.Stopping.IsCancellationRequested);
        Assert.Equal(new StopRequest(AttemptOutcome.Cancelled, "first"), attempt.StopRequest);
    }

    [Fact]
    public void After_the_end_a_stop_a_lease_and_a_start_report_do_nothing()
    {
        var attempt = TestAttempt.Create();
        var reports = 0;
        attempt.End();

        attempt.Stop(AttemptOutcome.Released, "too late");
        attempt.ReportStart(_ => reports++);

        Assert.False(attempt.Lease());
        Assert.False(attempt.Leased);
        Assert.Null(attempt.StopRequest);
        Assert.False(attempt.Stopping.IsCancellationRequested);
        Assert.Equal(0, reports);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stop_that_meets_the_end_either_counts_or_does_nothing()
    {
        var test = TestContext.Current.CancellationToken;
        for (var round = 0; round < 2000; round++)
        {
            var attempt = TestAttempt.Create();
            using var start = new Barrier(2);
            var stop = Task.Run(() =>
            {
                start.SignalAndWait(test);
                attempt.Stop(AttemptOutcome.Released, "at the end");
            }, test);
            start.SignalAndWait(test);
            attempt.End();
            await stop;

            Assert.Equal(attempt.StopRequest is not null, attempt.Stopping.IsCancellationRequested);
        }
    }

    [Fact]
    public void A_clock_that_is_set_during_an_attempt_does_not_change_its_duration()
    {
        var machine = new SettableClock { Utc = DateTimeOffset.UnixEpoch.AddHours(-1), Ticks = TimeSpan.FromSeconds(7).Ticks };

        Assert.Equal(TimeSpan.FromSeconds(7), TestAttempt.Create().EndReport(AttemptOutcome.Released, machine).Duration);
    }

    [Fact]
    public void A_program_that_has_ended_is_not_stopped_and_its_files_are_stored()
    {
        var attempt = TestAttempt.Create();
        attempt.ProgramEnded();

        Assert.False(attempt.StopProgram(AttemptOutcome.Released, "memory ran short"));

        Assert.Null(attempt.StopRequest);
        Assert.False(attempt.StoppingProgram.IsCancellationRequested);
    }

    [Fact]
    public void A_stop_of_the_program_does_not_keep_a_cancel_from_stopping_the_attempt()
    {
        var attempt = TestAttempt.Create();

        Assert.True(attempt.StopProgram(AttemptOutcome.Released, "memory ran short"));
        Assert.False(attempt.Stopping.IsCancellationRequested);
        attempt.Stop(AttemptOutcome.Cancelled, "cancelled");

        Assert.True(attempt.Stopping.IsCancellationRequested);
        Assert.Equal(AttemptOutcome.Cancelled, attempt.StopRequest!.Outcome);
    }

    [Fact]
    public void The_process_of_an_ended_program_is_not_killed()
    {
        using var sleep = Process.Start(new ProcessStartInfo("setsid", ["sleep", "600"]))!;
        try
        {
            var attempt = TestAttempt.Create();
            attempt.Process.Started(sleep.Id);
            attempt.Process.Ended();

            attempt.Process.Kill();

            Assert.Equal((0, true), (attempt.Process.Id, attempt.Process.HasEnded));
            Assert.True(ProcessKiller.IsAlive(sleep.Id));
        }
        finally
        {
            sleep.Kill();
        }
    }

    private sealed class SettableClock : TimeProvider
    {
        public required DateTimeOffset Utc { get; init; }

        public required long Ticks { get; init; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Utc;

        public override long GetTimestamp() => Ticks;
    }
}
