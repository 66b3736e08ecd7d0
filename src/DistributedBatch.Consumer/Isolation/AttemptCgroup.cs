using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>The control group of one attempt, or of one kept interpreter.</summary>
internal sealed class AttemptCgroup
{
    private readonly AttemptCgroups groups;
    private readonly bool hasMemory;
    private long limit;

    /// <summary>Represents a group that was just created.</summary>
    /// <param name="groups">The groups it belongs to.</param>
    /// <param name="path">Its directory.</param>
    /// <param name="hasMemory">Whether it has the memory controller, which counts and limits memory.</param>
    public AttemptCgroup(AttemptCgroups groups, string path, bool hasMemory) => (this.groups, Path, this.hasMemory) = (groups, path, hasMemory);

    /// <summary>Its directory.</summary>
    public string Path { get; }

    /// <summary>The file to which a process is written to move it into the group.</summary>
    public string ProcsFile => Path + "/cgroup.procs";

    /// <summary>Processor time of all its processes so far, in microseconds.</summary>
    public long ProcessorMicroseconds => CgroupUsage.ProcessorMicroseconds(CgroupFiles.Read(Path + "/cpu.stat"));

    /// <summary>Moves this process into it. Gives 0, or an error number.</summary>
    public int Enter() => CgroupFiles.Write(ProcsFile, CgroupFiles.Self);

    /// <summary>
    /// Limits its memory to <paramref name="bytes"/>, without swap; 0 changes nothing. Beyond the limit the kernel kills all its processes, because a
    /// part of an attempt is useless. Gives 0, or an error number.
    /// </summary>
    public int Limit(long bytes)
    {
        if (bytes == 0 || bytes == limit || !hasMemory)
            return 0;
        limit = bytes;
        _ = CgroupFiles.Write(Path + "/memory.oom.group", "1");
        _ = CgroupFiles.Write(Path + "/memory.swap.max", "0"); // missing without swap accounting
        return CgroupFiles.Write(Path + "/memory.max", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes}"));
    }

    /// <summary>Kills all its processes, even while they fork.</summary>
    public void Kill() => CgroupFiles.Write(Path + "/cgroup.kill", "1");

    /// <summary>Ends the attempt: kills the processes that are left, removes the group and gives its figures.</summary>
    public CgroupExit End()
    {
        var processor = ProcessorMicroseconds;
        var (peak, read, written, outOfMemory) = (0L, 0L, 0L, (bool?)null);
        if (hasMemory)
        {
            peak = CgroupUsage.PeakBytes(CgroupFiles.Read(Path + "/memory.peak"), CgroupFiles.Read(Path + "/memory.stat"));
            outOfMemory = CgroupUsage.OutOfMemory(CgroupFiles.Read(Path + "/memory.events"));
            var disks = CgroupFiles.Read(Path + "/io.stat");
            (read, written) = (CgroupUsage.Bytes(disks, "rbytes"), CgroupUsage.Bytes(disks, "wbytes"));
        }

        // Nearly always the group is empty and can be removed. If it cannot, processes are left in it.
        var stragglers = false;
        if (CgroupFiles.Remove(Path) != 0)
        {
            stragglers = CgroupUsage.IsPopulated(CgroupFiles.Read(Path + "/cgroup.events"));
            Kill();
            groups.RemoveLater(Path);
        }

        return new CgroupExit(stragglers, processor, peak, read, written, outOfMemory);
    }
}
