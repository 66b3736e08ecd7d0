using DistributedBatch.Consumer.Execution;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Consumer.Tests.Slots;

public sealed class SoloTests
{
    private readonly InProcessChunkQueue queue = new();
    private readonly List<string?> told = [];
    private readonly TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ExclusiveRun solo;

    public SoloTests() => solo = new ExclusiveRun { Changed = told.Add, OthersIdle = _ => idle.Task };

    [Fact(Timeout = 60_000)]
    public async Task An_attempt_waits_until_it_is_alone_and_says_why()
    {
        var attempt = await AttemptAsync(4, TestContext.Current.CancellationToken);

        var entering = solo.EnterAsync(attempt);
        Assert.False(entering.IsCompleted);
        Assert.Equal($"chunk 0 of run {attempt.Chunk.Run} runs alone, because it was lost with 4 hosts and may be what kills them", Assert.Single(told));
        idle.SetResult();

        Assert.True(await entering);
        solo.Leave();
        Assert.Null(told[^1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Of_two_attempts_one_is_turned_away_until_the_other_is_over()
    {
        idle.SetResult();
        Assert.True(await solo.EnterAsync(await AttemptAsync(4, TestContext.Current.CancellationToken)));

        Assert.False(await solo.EnterAsync(await AttemptAsync(4, TestContext.Current.CancellationToken)));

        Assert.Single(told);
        solo.Leave();
        Assert.True(await solo.EnterAsync(await AttemptAsync(4, TestContext.Current.CancellationToken)));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_attempt_that_is_stopped_waits_no_longer()
    {
        var attempt = await AttemptAsync(4, TestContext.Current.CancellationToken);
        var entering = solo.EnterAsync(attempt);

        attempt.Stop(AttemptOutcome.Cancelled);

        Assert.True(await entering);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0, 5, false)]
    [InlineData(3, 5, false)]
    [InlineData(4, 5, true)]
    [InlineData(0, 1, false)]
    [InlineData(1, 2, true)]
    public async Task The_last_chance_is_the_one_before_the_crash_limit(int lostHosts, int crashLimit, bool isLast) =>
        Assert.Equal(isLast, (await AttemptAsync(lostHosts, TestContext.Current.CancellationToken, crashLimit)).IsLastChance);

    private async Task<ActiveAttempt> AttemptAsync(int lostHosts, CancellationToken cancellation, int crashLimit = 5)
    {
        var chunk = new RunChunk
        {
            Run = RunId.New(),
            Index = 0,
            Start = 0,
            Count = 1,
            Total = 1,
            Attempt = 1,
            LostHosts = lostHosts,
            CrashLimit = crashLimit - lostHosts,
            Job = new JobSpec { Command = ["true"] },
        };
        await queue.PublishAsync(chunk, cancellation);
        var lane = await queue.OpenAsync("box/0", ResourceClass.Cpu, cancellation);
        return new ActiveAttempt(await lane.ReceiveAsync(cancellation), 0, DateTimeOffset.UnixEpoch, new SlotScratch(Path.GetTempPath()));
    }
}
