using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>
/// Kills orphans: processes that left their attempt's group by a double fork and a session of their own. Their parents are dead, so the kernel made
/// this process their parent. Their environment names the attempt they belong to, and where it was cleared the attempt's mark does.
/// </summary>
internal sealed unsafe class OrphanKiller(ChildTable children)
{
    private static readonly nint AdoptedPath = Marshal.StringToCoTaskMemUTF8($"/proc/self/task/{Posix.ProcessId()}/children");

    private readonly Lock gate = new();
    private readonly byte[] buffer = new byte[256 << 10];

    /// <summary>Kills what is left of an attempt whose program has ended: its process group, and its orphans.</summary>
    /// <param name="group">The process group.</param>
    /// <param name="child">The attempt.</param>
    /// <param name="sinceEnd">How long the program has ended. Helpers that tidy up may go on for a while.</param>
    public Leftover KillRest(int group, in ChildTable.Child child, TimeSpan sinceEnd)
    {
        lock (gate)
        {
            var hasGroup = Posix.Kill(-group, 0) == 0;
            var adopted = Adopted();
            if (!hasGroup && adopted.Count == 0)
                return Leftover.Nothing;

            // The program is dead, so whatever is left of its group descends from an orphan.
            var id = child.Id;
            var tag = child.Tag;
            var members = adopted.Where(process => ProcFs.Group(process) is var own && own != 0 && (own == group || IsOf(process, tag, id))).ToList();
            var all = members.SelectMany(ProcFs.WithDescendants).ToList();
            var helpers = sinceEnd < TidyingHelper.Limit ? all.Where(process => TidyingHelper.Is(process, sinceEnd)).ToHashSet() : [];
            if (helpers.Count == 0)
                _ = Posix.Kill(-group, Posix.SigKill);
            foreach (var process in helpers.Count == 0 ? members : all)
            {
                if (!helpers.Contains(process))
                    _ = Posix.Kill(process, Posix.SigKill);
            }

            return helpers.Count > 0 ? Leftover.Helpers : members.Count > 0 || hasGroup ? Leftover.Killed : Leftover.Nothing;
        }
    }

    /// <summary>Kills orphans whose attempt has ended. An orphan that belongs to no attempt is killed when no attempt runs.</summary>
    public void Sweep()
    {
        lock (gate)
        {
            var adopted = Adopted();
            if (adopted.Count == 0)
                return;
            var (tags, ids) = children.Live();
            foreach (var process in adopted)
            {
                if (TagOf(process) is not { } tag || (tag == 0 ? IsUnnamedAlive(process, ids) : tags.Contains(tag)))
                    continue;
                _ = Posix.Kill(process, Posix.SigKill);
            }
        }
    }

    /// <summary>Kills all descendants of this process, because the consumer is gone. Helpers may tidy up first.</summary>
    public static void KillEverything()
    {
        // A process may fork just before it is killed, so this repeats until none is left. The limit is for processes that hang in the kernel.
        var self = Posix.ProcessId();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < 2 * TidyingHelper.Limit)
        {
            var descendants = Descendants(self);
            if (descendants.Count == 0)
                return;
            var elapsed = Stopwatch.GetElapsedTime(started);
            foreach (var process in descendants)
            {
                if (elapsed > TidyingHelper.Limit || !TidyingHelper.Is(process, TidyingHelper.Moment))
                    _ = Posix.Kill(process, Posix.SigKill);
            }

            Thread.Sleep(10);
        }
    }

    private static List<int> Descendants(int root)
    {
        var childrenOf = new Dictionary<int, List<int>>();
        foreach (var (process, parent) in ProcFs.Parents())
        {
            if (!childrenOf.TryGetValue(parent, out var list))
                childrenOf[parent] = list = [];
            list.Add(process);
        }

        var found = new List<int>();
        var open = new Stack<int>([root]);
        while (open.TryPop(out var process))
        {
            foreach (var child in childrenOf.GetValueOrDefault(process) ?? [])
            {
                found.Add(child);
                open.Push(child);
            }
        }

        return found;
    }

    private List<int> Adopted()
    {
        var length = ReadAll((byte*)AdoptedPath);
        if (length <= 0)
            return [];
        var found = new List<int>();
        ReadOnlySpan<byte> text = buffer.AsSpan(0, length);
        foreach (var range in text.Split((byte)' '))
        {
            if (int.TryParse(text[range], NumberStyles.None, CultureInfo.InvariantCulture, out var process))
                found.Add(process);
        }

        return found;
    }

    private bool IsOf(int process, ulong tag, int id) => TagOf(process) is { } own && (own == 0 ? AttemptMark.Is(process, id) : own == tag);

    // A process that cleared its environment still has the mark of its attempt, unless it was forked in the moment before the mark was set.
    private static bool IsUnnamedAlive(int process, HashSet<int> ids) =>
        AttemptMark.NumberOf(process) is { } id ? ids.Contains(id) : ids.Count > 0;

    // Null when the process has ended; 0 when it names no attempt, because it cleared its environment or is a zombie.
    private ulong? TagOf(int process)
    {
        Span<byte> path = stackalloc byte[64];
        System.Text.Encoding.ASCII.TryGetBytes($"/proc/{process}/environ\0", path, out _);
        fixed (byte* start = path)
        {
            var length = ReadAll(start);
            return length < 0 ? null : AttemptTag.Of(buffer.AsSpan(0, length));
        }
    }

    private int ReadAll(byte* path)
    {
        var file = Posix.Open(path, Posix.OpenReadOnly);
        if (file < 0)
            return -1;
        var used = 0;
        fixed (byte* start = buffer)
        {
            for (nint got; used < buffer.Length && (got = Posix.Read(file, start + used, buffer.Length - used)) > 0;)
                used += (int)got;
        }

        _ = Posix.Close(file);
        return used;
    }
}
