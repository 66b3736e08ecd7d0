using System.Globalization;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Threads;

/// <summary>
/// Counts the threads of programs that work, not those that wait: a library may keep a pool of threads that harms nobody. Not thread-safe: one loop owns it.
/// </summary>
internal sealed class BusyThreads
{
    // The kernel counts in ticks of 10 ms. One may be a housekeeper that woke up; a thread that fights with thirty others for its core gets two in two seconds.
    private const long FewestTicks = 2;

    private Dictionary<int, long> before = [];
    private Dictionary<int, long> now = [];

    /// <summary>Begins a new look; what is counted in it is compared with the look before.</summary>
    public void Look()
    {
        (before, now) = (now, before);
        now.Clear();
    }

    /// <summary>Threads of <paramref name="process"/> and its descendants that used a processor since the last look; 0 for one not seen in it.</summary>
    public int Of(int process) => ProcFs.Family(process).Sum(CountIn);

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

            now[thread] = user + system;
            if (before.TryGetValue(thread, out var ticks) && user + system - ticks >= FewestTicks)
                busy++;
        }

        return busy;
    }
}
