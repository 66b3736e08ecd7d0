using DistributedBatch.Consumer.Control;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Consumer.Tests.Attempts;

namespace DistributedBatch.Consumer.Tests.Slots;

public sealed class ExclusiveRunTests
{
    private readonly List<string?> reasons = [];
    private readonly TaskCompletionSource othersIdle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ExclusiveRun exclusive;

    public ExclusiveRunTests()
    {
        var hold = new AdmissionHold();
        hold.Changed += reasons.Add;
        exclusive = new ExclusiveRun(hold, _ => othersIdle.Task);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_attempt_waits_until_it_is_alone_and_says_why()
    {
        var attempt = TestAttempt.Create(lostHosts: 4);

        var entering = exclusive.EnterAsync(attempt);
        Assert.False(entering.IsCompleted);
        Assert.Equal($"chunk 0 of run {attempt.Chunk.Run} runs alone, because it was lost with 4 hosts and may be what kills them", Assert.Single(reasons));
        othersIdle.SetResult();

        Assert.True(await entering.WaitAsync(TestContext.Current.CancellationToken));
        exclusive.Leave();
        Assert.Null(reasons[^1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_second_attempt_is_refused_until_the_first_has_ended()
    {
        var test = TestContext.Current.CancellationToken;
        othersIdle.SetResult();
        Assert.True(await exclusive.EnterAsync(TestAttempt.Create(lostHosts: 4)).WaitAsync(test));

        Assert.False(await exclusive.EnterAsync(TestAttempt.Create(lostHosts: 4)).WaitAsync(test));

        Assert.Single(reasons);
        exclusive.Leave();
        Assert.True(await exclusive.EnterAsync(TestAttempt.Create(lostHosts: 4)).WaitAsync(test));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_attempt_that_is_stopped_waits_no_longer()
    {
        var attempt = TestAttempt.Create(lostHosts: 4);
        var entering = exclusive.EnterAsync(attempt);

        attempt.Stop(AttemptOutcome.Cancelled);

        Assert.True(await entering.WaitAsync(TestContext.Current.CancellationToken));
    }
}
