using DistributedBatch.Consumer.Launcher;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>
/// Gives the groups below ours controllers. A group with processes in it may not do that (https://docs.kernel.org/admin-guide/cgroup-v2.html, "no internal
/// process constraint"), so we move into a leaf beside the attempts first, and back at the end.
/// </summary>
/// <param name="own">Our group.</param>
/// <param name="attempts">The group of the attempts, below it.</param>
internal sealed class SupervisorCgroup(string own, string attempts)
{
    /// <summary>What the name of a leaf ends with.</summary>
    public const string Suffix = "-self";

    private string Leaf => attempts + Suffix;

    /// <summary>Switches controllers on for the attempts; null when memory is among them, else why not, half a sentence.</summary>
    public string? Enable()
    {
        var controllers = ControllerChoice.Of(CgroupFiles.Read(own + "/cgroup.controllers"));
        if (controllers.Count == 0)
            return "the memory controller of version 2 is not at hand in our control group";
        var error = Switch(own, '+', controllers[0]);
        if (error == Posix.Busy && MoveTo(Leaf) && (error = Switch(own, '+', controllers[0])) != 0)
            Leave(TimeSpan.Zero);
        if (error == Posix.Busy)
            return "other processes are in our control group";
        if (error != 0)
            return $"controllers cannot be switched on in our control group ({CgroupFiles.Meaning(error)})";
        foreach (var more in controllers.Skip(1))
            _ = Switch(own, '+', more);
        if ((error = Switch(attempts, '+', controllers[0])) != 0)
        {
            Leave(TimeSpan.Zero);
            return $"the memory controller cannot be handed on to the attempts ({CgroupFiles.Meaning(error)})";
        }

        foreach (var more in controllers.Skip(1))
            _ = Switch(attempts, '+', more);
        return null;
    }

    /// <summary>
    /// Moves back and takes the controllers away again, where we had moved: nothing had been switched on there before, or we could not have been in the group.
    /// </summary>
    /// <param name="patience">How long others of ours in the leaf may take to end.</param>
    public void Leave(TimeSpan patience)
    {
        if (!Directory.Exists(Leaf))
            return;
        foreach (var controller in ControllerChoice.Of(CgroupFiles.Read(own + "/cgroup.subtree_control")).Reverse())
            _ = Switch(own, '-', controller);
        _ = CgroupFiles.Write(own + "/cgroup.procs", CgroupFiles.Ourselves);
        for (var waited = TimeSpan.Zero; CgroupFiles.Remove(Leaf) != 0 && waited < patience; waited += CgroupTree.Pause)
            Thread.Sleep(CgroupTree.Pause);
    }

    private static int Switch(string group, char onOrOff, string controller) => CgroupFiles.Write(group + "/cgroup.subtree_control", onOrOff + controller);

    private static bool MoveTo(string group) => CgroupFiles.Make(group) is 0 or Posix.Exists && CgroupFiles.Write(group + "/cgroup.procs", CgroupFiles.Ourselves) == 0;
}
