using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>
/// Enables controllers for the groups below ours. A group that holds processes may not do that (https://docs.kernel.org/admin-guide/cgroup-v2.html,
/// "no internal process constraint"). So this process moves into a group beside the attempts first, and back at the end.
/// </summary>
/// <param name="own">Our group.</param>
/// <param name="attempts">The group of the attempts, below it.</param>
internal sealed class SupervisorCgroup(string own, string attempts)
{
    /// <summary>Suffix of the name of that group.</summary>
    public const string Suffix = "-self";

    private string SelfGroup => attempts + Suffix;

    /// <summary>Enables the controllers; null when memory is among them, else the reason, half a sentence.</summary>
    public string? Enable()
    {
        var controllers = ControllerChoice.Of(CgroupFiles.Read(own + "/cgroup.controllers"));
        if (controllers.Count == 0)
            return "our control group has no memory controller of version 2";
        var error = Switch(own, '+', controllers[0]);
        if (error == Posix.Busy && MoveTo(SelfGroup) && (error = Switch(own, '+', controllers[0])) != 0)
            Leave(TimeSpan.Zero);
        if (error == Posix.Busy)
            return "other processes are in our control group";
        if (error != 0)
            return $"controllers cannot be enabled in our control group ({CgroupFiles.ErrorText(error)})";
        foreach (var more in controllers.Skip(1))
            _ = Switch(own, '+', more);
        if ((error = Switch(attempts, '+', controllers[0])) != 0)
        {
            Leave(TimeSpan.Zero);
            return $"the memory controller cannot be enabled for the attempts ({CgroupFiles.ErrorText(error)})";
        }

        foreach (var more in controllers.Skip(1))
            _ = Switch(attempts, '+', more);
        return null;
    }

    /// <summary>
    /// Undoes <see cref="Enable"/>: disables the controllers and moves back. All enabled controllers are ours, because our group held processes
    /// before.
    /// </summary>
    /// <param name="timeout">How long other processes of ours may take to leave the group.</param>
    public void Leave(TimeSpan timeout)
    {
        if (!Directory.Exists(SelfGroup))
            return;
        foreach (var controller in ControllerChoice.Of(CgroupFiles.Read(own + "/cgroup.subtree_control")).Reverse())
            _ = Switch(own, '-', controller);
        _ = CgroupFiles.Write(own + "/cgroup.procs", CgroupFiles.Self);
        for (var waited = TimeSpan.Zero; CgroupFiles.Remove(SelfGroup) != 0 && waited < timeout; waited += CgroupTree.RetryDelay)
            Thread.Sleep(CgroupTree.RetryDelay);
    }

    private static int Switch(string group, char onOrOff, string controller) => CgroupFiles.Write(group + "/cgroup.subtree_control", onOrOff + controller);

    private static bool MoveTo(string group) => CgroupFiles.Create(group) is 0 or Posix.Exists && CgroupFiles.Write(group + "/cgroup.procs", CgroupFiles.Self) == 0;
}
