using System.Globalization;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Threads;

/// <summary>
/// Counts the threads of programs that use a processor. Threads that wait do not count: an idle thread pool harms nobody. Not thread-safe: one loop
/// owns it.
/// </summary>
internal sealed class BusyThreads
{
    // The kernel counts in ticks of 10 ms. A thread that only wakes up now and then gets one tick. A thread that shares its core with thirty others
    // gets two in two seconds.
    private const long MinTicks = 2;

    private Dictionary<int, long> previous = [];
    private Dictionary<int, long> current = [];

    /// <summary>Begins a new sample, which is compared with the previous one.</summary>
    public void BeginSample()
    {
        (previous, current) = (current, previous);
        current.Clear();
    }

    /// <summary>Threads of <paramref name="process"/> and its descendants that were busy since the previous sample; 0 when the process is new.</summary>
    public int CountOf(int process) => ProcFs.WithDescendants(process).Sum(CountIn);

    private int CountIn(int process)
    {
        var busy = 0;
        foreach (var thread in ProcFs.Threads(process))
        {
            if (ProcFs.Stat(process, thread) is not { Length: > 12 } fields
                || !long.TryParse(fields[11], CultureInfo.InvariantCulture, out var user) || !long.TryParse(fields[12], CultureInfo.InvariantCulture, out var system))
            {
                continue;
            }

            current[thread] = user + system;
            if (previous.TryGetValue(thread, out var ticks) && user + system - ticks >= MinTicks)
                busy++;
        }

        return busy;
    }
}
