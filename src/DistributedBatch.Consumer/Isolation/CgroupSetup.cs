using System.Globalization;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>
/// Sets up the control group for attempts: finds our own group, removes stale groups in it, creates ours, tries whether processes can be moved,
/// enables controllers.
/// </summary>
internal static class CgroupSetup
{
    private const int MaxTries = 1000;
    private const string Remedy = "Start it as 'systemd-run --user --scope -p Delegate=yes dbatch …', give the service Delegate=yes, in a container mount /sys/fs/cgroup "
        + "writable and in a namespace of its own, or leave --isolation out";

    /// <summary>Opens a group, or says why that is not possible.</summary>
    public static IsolationStart Open(string root, TimeSpan killTimeout)
    {
        if (!OperatingSystem.IsLinux())
            return new IsolationStart.Refused("only Linux has control groups", "Leave --isolation out on this system");
        var location = CgroupLocation.Find(Text(root, "proc/self/cgroup"), Text(root, "proc/self/mountinfo"));
        if (location is null)
            return new IsolationStart.Refused("there is no control group of version 2 here", "Boot with systemd.unified_cgroup_hierarchy=1, in a container mount /sys/fs/cgroup, or leave --isolation out");

        var own = root == "/" ? location : root.TrimEnd('/') + location;
        StaleCgroups.Remove(own, killTimeout);
        var (groupLock, path, error) = Create(own);
        if (groupLock is null)
            return Refused($"no group can be made in {own}", error);
        if (TryMove(own, path) is not 0 and var moveError)
        {
            _ = CgroupTree.TryRemove(path);
            groupLock.Dispose();
            return Refused($"processes cannot be moved between groups in {own}", moveError);
        }

        if (!File.Exists(path + "/cgroup.kill"))
        {
            _ = CgroupTree.TryRemove(path);
            groupLock.Dispose();
            return new IsolationStart.Refused("this kernel cannot end a control group as a whole, which Linux 5.14 and later can", "Use a newer kernel, or leave --isolation out");
        }

        return new IsolationStart.Ready(new AttemptCgroups(path, groupLock, new SupervisorCgroup(own, path).Enable()));
    }

    /// <summary>Joins a group that the consumer opened; null when it does not exist.</summary>
    public static AttemptCgroups? Join(string path)
    {
        if (CgroupLocation.Find(Text("/", "proc/self/cgroup"), Text("/", "proc/self/mountinfo")) is not { } launcherGroup)
            return null;
        var hasMemory = ControllerChoice.Of(CgroupFiles.Read(path + "/cgroup.subtree_control")).Count > 0;
        return CgroupLock.TryShared(path) is { } groupLock
            ? new AttemptCgroups(path, groupLock, hasMemory ? null : "the consumer could not enable it") { LauncherGroup = launcherGroup }
            : null;
    }

    private static IsolationStart.Refused Refused(string what, int error) => new($"{what} ({CgroupFiles.ErrorText(error)})", Remedy);

    // The name is nearly always free. It is taken when this process has opened a group before, or when a process with the same id in another
    // container shares our group. Another consumer may remove the group as stale between its creation and the lock; then the next name is tried.
    private static (CgroupLock? Lock, string Path, int Error) Create(string own)
    {
        var path = System.IO.Path.Combine(own, string.Create(CultureInfo.InvariantCulture, $"{AttemptCgroups.Prefix}{Environment.ProcessId}"));
        var error = 0;
        for (var tries = 1; tries <= MaxTries; tries++)
        {
            var name = tries == 1 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{tries}");
            error = CgroupFiles.Create(name);
            if (error is not 0 and not Posix.Exists)
                break;
            if (error != 0 || CgroupLock.TryShared(name) is not { } groupLock)
                continue;
            if (Directory.Exists(name))
                return (groupLock, name, 0);
            groupLock.Dispose();
        }

        return (null, path, error);
    }

    // Moves this process into a group and back, as for an attempt. Gives 0, or an error number.
    private static int TryMove(string own, string path)
    {
        var trial = path + "/trial";
        if (CgroupFiles.Create(trial) is not 0 and var createError)
            return createError;
        var error = CgroupFiles.Write(trial + "/cgroup.procs", CgroupFiles.Self);
        if (error == 0)
            error = CgroupFiles.Write(own + "/cgroup.procs", CgroupFiles.Self);
        _ = CgroupFiles.Remove(trial);
        return error;
    }

    private static string Text(string root, string file)
    {
        try
        {
            return File.ReadAllText(System.IO.Path.Combine(root, file));
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
