using System.Diagnostics;

namespace DistributedBatch.TestKit.Waiting;

/// <summary>Waits for something that another process does, where there is no signal to await: looks often, and gives up with a sentence.</summary>
public static class Eventually
{
    /// <summary>How long a test waits unless it says otherwise.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until <paramref name="condition"/> holds.</summary>
    public static Task HoldsAsync(string what, Func<bool> condition, CancellationToken cancellation, TimeSpan? patience = null) =>
        HoldsAsync(what, () => Task.FromResult(condition()), cancellation, patience);

    /// <summary>Waits until <paramref name="condition"/> holds.</summary>
    public static async Task HoldsAsync(string what, Func<Task<bool>> condition, CancellationToken cancellation, TimeSpan? patience = null)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > (patience ?? Patience))
                Assert.Fail($"Waited {clock.Elapsed.TotalSeconds:0.0} s and still not: {what}");
            await Task.Delay(Interval, cancellation);
        }
    }

    /// <summary>Waits until <paramref name="read"/> gives a value other than null, and gives it.</summary>
    public static async Task<T> FoundAsync<T>(string what, Func<Task<T?>> read, CancellationToken cancellation, TimeSpan? patience = null)
        where T : class
    {
        T? found = null;
        await HoldsAsync(what, async () => (found = await read()) is not null, cancellation, patience);
        return found!;
    }
}
