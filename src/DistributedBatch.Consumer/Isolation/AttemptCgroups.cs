using System.Collections.Concurrent;
using System.Globalization;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>
/// The control group <c>dbatch-PID</c> below our own, with one group per attempt in it. The consumer opens it and the launcher joins it. Both hold a
/// lock on it, and the last one removes it.
/// </summary>
public sealed class AttemptCgroups : IDisposable
{
    /// <summary>Prefix of the names of such groups.</summary>
    internal const string Prefix = "dbatch-";

    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(5);

    private readonly CgroupLock groupLock;
    private readonly ConcurrentQueue<string> leftovers = new();
    private volatile bool detached;
    private bool closed;

    internal AttemptCgroups(string path, CgroupLock groupLock, string? withoutMemory) => (Path, this.groupLock, WithoutMemory) = (path, groupLock, withoutMemory);

    /// <summary>Its directory.</summary>
    public string Path { get; }

    /// <summary>Why memory is neither counted nor limited, half a sentence; null when it is counted and limited.</summary>
    public string? WithoutMemory { get; }

    /// <summary>The launcher's own group, to which it returns after each start.</summary>
    internal string LauncherGroup { get; init; } = "";

    /// <summary>Held while the launcher is in the group of an attempt. What it starts then belongs to that attempt.</summary>
    internal Lock MoveLock { get; } = new();

    /// <summary>Whether an attempt can be limited to its reservation.</summary>
    public bool LimitsMemory => WithoutMemory is null;

    /// <summary>Creates the group and tries it, or says why that is not possible.</summary>
    /// <param name="root">Directory that holds <c>proc</c> and the mount points; tests give another one.</param>
    public static IsolationStart Open(string root = "/") => CgroupSetup.Open(root, KillTimeout);

    /// <summary>Joins the group of a consumer; null when it does not exist.</summary>
    internal static AttemptCgroups? Join(string path) => CgroupSetup.Join(path);

    /// <summary>Creates the group of one attempt; null with an error number when that fails.</summary>
    /// <param name="name">Its name, unique in this group.</param>
    /// <param name="memoryLimit">Memory limit in bytes; 0 for no limit.</param>
    /// <param name="error">The error number; 0 on success.</param>
    internal AttemptCgroup? Create(string name, long memoryLimit, out int error)
    {
        RemoveLeftovers();
        var group = new AttemptCgroup(this, $"{Path}/{name}", LimitsMemory);
        error = CgroupFiles.Create(group.Path);
        if (error == 0 && (error = group.Limit(memoryLimit)) != 0)
            RemoveLater(group.Path);
        return error == 0 ? group : null;
    }

    /// <summary>The same, named by the process that creates it and a number.</summary>
    internal AttemptCgroup? Create(int creator, long number, long memoryLimit, out int error) =>
        Create(string.Create(CultureInfo.InvariantCulture, $"{creator}.{number}"), memoryLimit, out error);

    /// <summary>Moves the launcher back to its own group. If that fails the launcher ends, because the end of the attempt would kill it.</summary>
    internal void ReturnToOwnGroup()
    {
        if (CgroupFiles.Write(LauncherGroup + "/cgroup.procs", CgroupFiles.Self) is not 0 and var error)
        {
            Console.Error.WriteLine($"The launcher cannot return to its control group {LauncherGroup} ({CgroupFiles.ErrorText(error)}); it ends.");
            Environment.Exit(1);
        }
    }

    /// <summary>Ends the groups that a dead process of ours had created.</summary>
    internal void EndGroupsOf(int creator)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"{creator}.");
        foreach (var group in CgroupTree.Children(Path).Where(group => System.IO.Path.GetFileName(group).StartsWith(prefix, StringComparison.Ordinal)))
        {
            _ = CgroupFiles.Write(group + "/cgroup.kill", "1");
            RemoveLater(group);
        }
    }

    /// <summary>Remembers a group whose processes have not ended yet.</summary>
    internal void RemoveLater(string group) => leftovers.Enqueue(group);

    /// <summary>Removes groups that could not be removed before.</summary>
    internal void RemoveLeftovers()
    {
        for (var number = leftovers.Count; number > 0 && leftovers.TryDequeue(out var group); number--)
        {
            if (!CgroupTree.TryRemove(group))
                leftovers.Enqueue(group);
        }
    }

    /// <summary>The consumer lives on or removes the group itself, so the end of the launcher's input does not mean that the consumer died.</summary>
    internal void Detach() => detached = true;

    /// <summary>Ends the launcher's part. When its consumer died, it is the last one and removes the whole group.</summary>
    /// <param name="launcher">Its process id.</param>
    internal void EndLauncher(int launcher)
    {
        EndGroupsOf(launcher);
        RemoveLeftovers();

        // The kernel closes the files of a dying process one by one: its pipe to us perhaps before its lock of the group.
        for (var tries = 0; !detached && tries < 500; tries++)
        {
            if (groupLock.TryMakeExclusive())
            {
                Dispose();
                return;
            }

            Thread.Sleep(10);
        }
    }

    /// <summary>Kills all processes in it and removes it.</summary>
    public void Dispose()
    {
        if (closed)
            return;
        closed = true;
        CgroupTree.End(Path, KillTimeout);
        new SupervisorCgroup(System.IO.Path.GetDirectoryName(Path)!, Path).Leave(KillTimeout);
        groupLock.Dispose();
    }
}
