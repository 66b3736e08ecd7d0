using System.Diagnostics;
using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>The programs that run now. Spawners add, the reaper takes away, and the two may meet in either order.</summary>
internal sealed class ChildTable(AnswerStream answers)
{
    private static readonly long LongRunning = Stopwatch.Frequency / 10;

    private readonly Lock turn = new();
    private readonly Dictionary<int, Child> byProcess = [];
    private readonly Dictionary<int, int> processOf = [];

    // Exits seen before their spawner came to tell whose they are: posix_spawn returns after the child has executed, and /bin/true may be gone by then.
    private readonly Dictionary<int, RawExit> early = [];
    private readonly Dictionary<int, ulong> spawning = [];

    public readonly record struct Child(int Id, ulong Tag, long StartedAt, bool Announced, AttemptCgroup? Group = null);

    public readonly record struct RawExit(int Status, long ProcessorMicroseconds, long PeakBytes, long ReadBytes, long WrittenBytes, long At);

    /// <summary>Announces a child that will be spawned in a moment. Called in the order of the requests, so that a signal that follows finds it.</summary>
    public void BeforeSpawn(int id)
    {
        lock (turn)
            spawning[id] = 0;
    }

    /// <summary>Tells the tag of a child about to be spawned.</summary>
    public void Tagged(int id, ulong tag)
    {
        lock (turn)
            spawning[id] = tag;
    }

    /// <summary>Registers a child. True when it has exited already; then it is not in the table.</summary>
    public bool Spawned(int process, Child child, out RawExit exit)
    {
        lock (turn)
        {
            var gone = early.Remove(process, out exit);
            if (!gone)
            {
                byProcess[process] = child;
                processOf[child.Id] = process;
            }

            NoLongerSpawning(child.Id);
            return gone;
        }
    }

    public void NotSpawned(int id)
    {
        lock (turn)
            NoLongerSpawning(id);
    }

    /// <summary>Takes a child that exited out of the table; false when it is a stray, or not yet known.</summary>
    public bool Exited(int process, in RawExit exit, out Child child)
    {
        lock (turn)
        {
            if (byProcess.Remove(process, out child))
            {
                processOf.Remove(child.Id);
                return true;
            }

            if (spawning.Count > 0)
                early[process] = exit;
            return false;
        }
    }

    public void Signal(int id, int signal)
    {
        // Another thread may be between reading the start and having started; that takes less than a millisecond.
        while (IsSpawning(id))
            Thread.Yield();
        lock (turn)
        {
            // Under the lock, so that the number cannot have been reaped and given to somebody else meanwhile.
            if (!processOf.TryGetValue(id, out var process))
                return;
            _ = Posix.Kill(-process, signal);
            if (signal == Posix.SigKill)
                byProcess[process].Group?.Kill();
        }
    }

    public void KillGroups()
    {
        lock (turn)
        {
            foreach (var process in byProcess.Keys)
                _ = Posix.Kill(-process, Posix.SigKill);
        }
    }

    /// <summary>The tags of everything that runs or is just being started, for judging strays.</summary>
    public HashSet<ulong> LiveTags()
    {
        lock (turn)
            return [.. spawning.Values, .. byProcess.Values.Select(child => child.Tag)];
    }

    /// <summary>Tells the consumer the process ids of what has run for a while, so that it can watch, and kill if this process dies. Short programs do not pay for it.</summary>
    public void AnnounceLongRunning()
    {
        List<(int Id, int Process)>? due = null;
        lock (turn)
        {
            var now = Stopwatch.GetTimestamp();
            foreach (var (process, child) in byProcess)
            {
                if (!child.Announced && now - child.StartedAt > LongRunning)
                    (due ??= []).Add((child.Id, process));
            }

            foreach (var (_, process) in due ?? [])
                byProcess[process] = byProcess[process] with { Announced = true };
        }

        foreach (var (id, process) in due ?? [])
            answers.Started(id, process);
    }

    private bool IsSpawning(int id)
    {
        lock (turn)
            return spawning.ContainsKey(id);
    }

    private void NoLongerSpawning(int id)
    {
        // What is left when nobody spawns belongs to nobody: adopted orphans that died.
        spawning.Remove(id);
        if (spawning.Count == 0)
            early.Clear();
    }
}
