using System.Globalization;
using DistributedBatch.Consumer.Launcher;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>
/// The way to a group for attempts: find our own, sweep what dead ones left in it, make ours, try whether processes can be moved, ask for controllers.
/// </summary>
internal static class CgroupSetup
{
    private const int MostTries = 1000;
    private const string Remedy = "Start it as 'systemd-run --user --scope -p Delegate=yes dbatch …', give the service Delegate=yes, in a container mount /sys/fs/cgroup "
        + "writable and in a namespace of its own, or leave --isolation out";

    /// <summary>Opens one, or says why not.</summary>
    public static IsolationStart Open(string root, TimeSpan patience)
    {
        if (!OperatingSystem.IsLinux())
            return new IsolationStart.Refused("control groups are a thing of Linux", "Leave --isolation out on this system");
        var place = CgroupLocation.Find(Text(root, "proc/self/cgroup"), Text(root, "proc/self/mountinfo"));
        if (place is null)
            return new IsolationStart.Refused("there is no control group of version 2 here", "Boot with systemd.unified_cgroup_hierarchy=1, in a container mount /sys/fs/cgroup, or leave --isolation out");

        var own = root == "/" ? place : root.TrimEnd('/') + place;
        DeadCgroups.Sweep(own, patience);
        var (hold, path, error) = Take(own);
        if (hold is null)
            return Refused($"no group can be made in {own}", error);
        if (Try(own, path) is not 0 and var moving)
        {
            _ = CgroupTree.TryRemove(path);
            hold.Dispose();
            return Refused($"processes cannot be moved between groups in {own}", moving);
        }

        if (!File.Exists(path + "/cgroup.kill"))
        {
            _ = CgroupTree.TryRemove(path);
            hold.Dispose();
            return new IsolationStart.Refused("this kernel cannot end a control group as a whole, which Linux 5.14 and later can", "Use a newer kernel, or leave --isolation out");
        }

        return new IsolationStart.Ready(new AttemptCgroups(path, hold, new SupervisorCgroup(own, path).Enable()));
    }

    /// <summary>Joins a group that the consumer opened; null when it is gone.</summary>
    public static AttemptCgroups? Join(string path)
    {
        if (CgroupLocation.Find(Text("/", "proc/self/cgroup"), Text("/", "proc/self/mountinfo")) is not { } home)
            return null;
        var counts = ControllerChoice.Of(CgroupFiles.Read(path + "/cgroup.subtree_control")).Count > 0;
        return CgroupLock.Share(path) is { } hold ? new AttemptCgroups(path, hold, counts ? null : "the consumer could not switch it on") { Home = home } : null;
    }

    private static IsolationStart.Refused Refused(string what, int error) => new($"{what} ({CgroupFiles.Meaning(error)})", Remedy);

    // The number is free nearly always. Not, when this process has opened one before, or one of that number lives in another container that shares our group;
    // and one that sweeps may come between the making and the hold and take it for a dead one's.
    private static (CgroupLock? Hold, string Path, int Error) Take(string own)
    {
        var path = System.IO.Path.Combine(own, string.Create(CultureInfo.InvariantCulture, $"{AttemptCgroups.Prefix}{Environment.ProcessId}"));
        var error = 0;
        for (var tries = 1; tries <= MostTries; tries++)
        {
            var name = tries == 1 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{tries}");
            error = CgroupFiles.Make(name);
            if (error is not 0 and not Posix.Exists)
                break;
            if (error != 0 || CgroupLock.Share(name) is not { } hold)
                continue;
            if (Directory.Exists(name))
                return (hold, name, 0);
            hold.Dispose();
        }

        return (null, path, error);
    }

    // Whether it would work for an attempt is best seen by doing it: into a group and back.
    private static int Try(string own, string path)
    {
        var trial = path + "/trial";
        if (CgroupFiles.Make(trial) is not 0 and var unmade)
            return unmade;
        var error = CgroupFiles.Write(trial + "/cgroup.procs", CgroupFiles.Ourselves);
        if (error == 0)
            error = CgroupFiles.Write(own + "/cgroup.procs", CgroupFiles.Ourselves);
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
