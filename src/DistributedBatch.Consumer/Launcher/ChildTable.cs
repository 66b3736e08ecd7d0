using System.Diagnostics;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>The programs that run now. Spawners add them and the reaper removes them; for a short program, the reaper may come first.</summary>
internal sealed class ChildTable(ReplyStream replies)
{
    private static readonly long LongRunningTicks = Stopwatch.Frequency / 10; // 100 ms

    private readonly Lock gate = new();
    private readonly Dictionary<int, Child> byProcess = [];
    private readonly Dictionary<int, int> processOf = [];
    private readonly HashSet<int> killed = [];

    // Exits of children that their spawner has not added yet: posix_spawn returns after the child has executed, and /bin/true may have exited by
    // then.
    private readonly Dictionary<int, RawExit> earlyExits = [];
    private readonly Dictionary<int, ulong> spawning = [];

    // Attempts whose program has ended, by number. Their helpers may still tidy up.
    private readonly Dictionary<int, Child> ending = [];

    public readonly record struct Child(int Id, ulong Tag, long StartedAt, bool Announced, AttemptCgroup? Group = null);

    public readonly record struct RawExit(int Status, long ProcessorMicroseconds, long PeakBytes, long ReadBytes, long WrittenBytes, long At);

    /// <summary>A child is about to be spawned. Called in the order of the requests, so that a signal that follows finds the child.</summary>
    public void BeforeSpawn(int id)
    {
        lock (gate)
            spawning[id] = 0;
    }

    /// <summary>Sets the tag of a child that is about to be spawned.</summary>
    public void SetTag(int id, ulong tag)
    {
        lock (gate)
            spawning[id] = tag;
    }

    /// <summary>Adds a child that was spawned. True when it has exited already; then it is not added.</summary>
    public bool Spawned(int process, Child child, out RawExit exit)
    {
        lock (gate)
        {
            var exited = earlyExits.Remove(process, out exit);
            if (exited)
            {
                ending[child.Id] = child;
            }
            else
            {
                byProcess[process] = child;
                processOf[child.Id] = process;
            }

            EndSpawning(child.Id);
            return exited;
        }
    }

    public void NotSpawned(int id)
    {
        lock (gate)
            EndSpawning(id);
    }

    /// <summary>Removes a child that exited, but its attempt has not ended yet; false when it is an orphan, or not added yet.</summary>
    public bool Exited(int process, in RawExit exit, out Child child)
    {
        lock (gate)
        {
            if (byProcess.Remove(process, out child))
            {
                processOf.Remove(child.Id);
                killed.Remove(process);
                ending[child.Id] = child;
                return true;
            }

            if (spawning.Count > 0)
                earlyExits[process] = exit;
            return false;
        }
    }

    public void Signal(int id, int signal)
    {
        // Another thread may be spawning the child, which takes less than a millisecond.
        while (IsSpawning(id))
            Thread.Yield();
        lock (gate)
        {
            // Under the lock, so that the process id cannot be reaped and reused meanwhile.
            if (!processOf.TryGetValue(id, out var process))
                return;
            if (signal != Posix.SigKill)
            {
                _ = Posix.Kill(-process, signal);
                return;
            }

            // The reaper kills the others when the program has ended, and spares helpers that tidy up. When the program does not end, all are killed.
            var again = !killed.Add(process);
            _ = Posix.Kill(again ? -process : process, signal);
            if (again)
                byProcess[process].Group?.Kill();
        }
    }

    /// <summary>An attempt whose program exited has ended, with all its processes.</summary>
    public void Ended(int id)
    {
        lock (gate)
            ending.Remove(id);
    }

    /// <summary>The tags and numbers of all attempts that run, are being spawned or are ending.</summary>
    public (HashSet<ulong> Tags, HashSet<int> Ids) Live()
    {
        lock (gate)
        {
            var known = byProcess.Values.Concat(ending.Values).ToList();
            return ([.. spawning.Values, .. known.Select(child => child.Tag)], [.. spawning.Keys, .. known.Select(child => child.Id)]);
        }
    }

    /// <summary>Sends the process ids of programs that have run for a while, so that the consumer can measure and kill them.</summary>
    public void AnnounceLongRunning()
    {
        List<(int Id, int Process)>? due = null;
        lock (gate)
        {
            var now = Stopwatch.GetTimestamp();
            foreach (var (process, child) in byProcess)
            {
                if (!child.Announced && now - child.StartedAt > LongRunningTicks)
                    (due ??= []).Add((child.Id, process));
            }

            foreach (var (_, process) in due ?? [])
                byProcess[process] = byProcess[process] with { Announced = true };
        }

        foreach (var (id, process) in due ?? [])
            replies.Started(id, process);
    }

    private bool IsSpawning(int id)
    {
        lock (gate)
            return spawning.ContainsKey(id);
    }

    private void EndSpawning(int id)
    {
        // Exits that are left when no spawn is in progress are those of orphans.
        spawning.Remove(id);
        if (spawning.Count == 0)
            earlyExits.Clear();
    }
}
