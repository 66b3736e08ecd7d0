using System.Collections.Concurrent;
using System.Globalization;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>
/// The control group <c>dbatch-PID</c> below our own, with one group for each attempt in it. The consumer opens it and the launcher joins; as long as one of
/// them lives it is held, and whoever is left last removes it.
/// </summary>
public sealed class AttemptCgroups : IDisposable
{
    /// <summary>What the names of all such groups begin with.</summary>
    internal const string Prefix = "dbatch-";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CgroupLock hold;
    private readonly ConcurrentQueue<string> left = new();
    private volatile bool ownerLeft;
    private bool closed;

    internal AttemptCgroups(string path, CgroupLock hold, string? withoutMemory) => (Path, this.hold, WithoutMemory) = (path, hold, withoutMemory);

    /// <summary>Its directory.</summary>
    public string Path { get; }

    /// <summary>Why memory is neither counted nor limited, half a sentence; null when it is.</summary>
    public string? WithoutMemory { get; }

    /// <summary>The group of the launcher, to which it returns after each start.</summary>
    internal string Home { get; init; } = "";

    /// <summary>Held by the launcher while it is in the group of an attempt; only what starts then may be born there.</summary>
    internal Lock Away { get; } = new();

    /// <summary>Whether an attempt can be kept to what it reserved.</summary>
    public bool LimitsMemory => WithoutMemory is null;

    /// <summary>Makes the group and tries it, or says why that is not possible.</summary>
    /// <param name="root">Where <c>/proc</c> is and what mount points are below; another place only in tests.</param>
    public static IsolationStart Open(string root = "/") => CgroupSetup.Open(root, Patience);

    /// <summary>Joins the group of a consumer; null when it is gone.</summary>
    internal static AttemptCgroups? Join(string path) => CgroupSetup.Join(path);

    /// <summary>Makes the group of one attempt; null with an error number when the kernel will not.</summary>
    /// <param name="name">Unique in here.</param>
    /// <param name="memoryLimit">Bytes it may hold; 0 for no limit.</param>
    /// <param name="error">The error number; 0 on success.</param>
    internal AttemptCgroup? Make(string name, long memoryLimit, out int error)
    {
        RemoveLeft();
        var group = new AttemptCgroup(this, $"{Path}/{name}", LimitsMemory);
        error = CgroupFiles.Make(group.Path);
        if (error == 0 && (error = group.Limit(memoryLimit)) != 0)
            RemoveLater(group.Path);
        return error == 0 ? group : null;
    }

    /// <summary>Makes a group of one process's own numbering.</summary>
    internal AttemptCgroup? Make(int maker, long number, long memoryLimit, out int error) =>
        Make(string.Create(CultureInfo.InvariantCulture, $"{maker}.{number}"), memoryLimit, out error);

    /// <summary>Takes the launcher back to its own group. Where that is not possible it must not live on, because the end of the attempt would be its own.</summary>
    internal void GoHome()
    {
        if (CgroupFiles.Write(Home + "/cgroup.procs", CgroupFiles.Ourselves) is not 0 and var error)
        {
            Console.Error.WriteLine($"The launcher cannot return to its control group {Home} ({CgroupFiles.Meaning(error)}); it ends.");
            Environment.Exit(1);
        }
    }

    /// <summary>Ends the groups that a process of ours had made, because it cannot do that any more.</summary>
    internal void EndThoseOf(int maker)
    {
        foreach (var group in CgroupTree.Below(Path).Where(group => System.IO.Path.GetFileName(group).StartsWith(string.Create(CultureInfo.InvariantCulture, $"{maker}."), StringComparison.Ordinal)))
        {
            _ = CgroupFiles.Write(group + "/cgroup.kill", "1");
            RemoveLater(group);
        }
    }

    /// <summary>A group in which something is still dying.</summary>
    internal void RemoveLater(string group) => left.Enqueue(group);

    /// <summary>Removes what could not be removed before.</summary>
    internal void RemoveLeft()
    {
        for (var number = left.Count; number > 0 && left.TryDequeue(out var group); number--)
        {
            if (!CgroupTree.TryRemove(group))
                left.Enqueue(group);
        }
    }

    /// <summary>What the launcher is told that it need not tidy up after its consumer, which goes on or does it by itself.</summary>
    internal void OwnerLeaves() => ownerLeft = true;

    /// <summary>The launcher's end. Where its consumer died it is the last one, and takes everything along.</summary>
    /// <param name="launcher">Its process id.</param>
    internal void LauncherEnds(int launcher)
    {
        EndThoseOf(launcher);
        RemoveLeft();

        // The kernel closes what a dying process holds one by one, its pipe to us perhaps before its hold of the group.
        for (var looks = 0; !ownerLeft && looks < 500; looks++)
        {
            if (hold.Alone())
            {
                Dispose();
                return;
            }

            Thread.Sleep(10);
        }
    }

    /// <summary>Kills whatever is in it and removes it.</summary>
    public void Dispose()
    {
        if (closed)
            return;
        closed = true;
        CgroupTree.End(Path, Patience);
        new SupervisorCgroup(System.IO.Path.GetDirectoryName(Path)!, Path).Leave(Patience);
        hold.Dispose();
    }
}
