using DistributedBatch.Producer.Outbox;

namespace DistributedBatch.Producer.Tests.Outbox;

public sealed class AsyncAutoResetEventTests : IDisposable
{
    private static readonly TimeSpan Forever = TimeSpan.FromMinutes(5);

    private readonly AsyncAutoResetEvent signal = new();

    public void Dispose() => signal.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_signal_ends_the_present_wait()
    {
        var wait = signal.WaitAsync(Forever, TestContext.Current.CancellationToken);
        Assert.False(wait.IsCompleted);

        signal.Set();

        Assert.True(await wait);
    }

    [Fact(Timeout = 60_000)]
    public async Task Many_signals_end_one_wait()
    {
        for (var n = 0; n < 1000; n++)
            signal.Set();

        Assert.True(await signal.WaitAsync(Forever, TestContext.Current.CancellationToken));
        Assert.False(await signal.WaitAsync(TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken));
    }
}
