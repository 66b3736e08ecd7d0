using DistributedBatch.Producer.Dispatch;

namespace DistributedBatch.Producer.Tests.Dispatch;

public sealed class NudgeTests : IDisposable
{
    private static readonly TimeSpan Forever = TimeSpan.FromMinutes(5);

    private readonly AsyncAutoResetEvent nudge = new();

    public void Dispose() => nudge.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_nudge_ends_the_pause_that_goes_on()
    {
        var pause = nudge.PauseAsync(Forever, TestContext.Current.CancellationToken);
        Assert.False(pause.IsCompleted);

        nudge.Give();

        Assert.True(await pause);
    }

    [Fact(Timeout = 60_000)]
    public async Task Many_nudges_end_one_pause()
    {
        for (var n = 0; n < 1000; n++)
            nudge.Give();

        Assert.True(await nudge.PauseAsync(Forever, TestContext.Current.CancellationToken));
        Assert.False(await nudge.PauseAsync(TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken));
    }
}
