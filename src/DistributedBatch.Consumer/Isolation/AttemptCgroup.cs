namespace DistributedBatch.Consumer.Isolation;

/// <summary>The control group of one attempt, or of one interpreter that stays.</summary>
internal sealed class AttemptCgroup
{
    private readonly AttemptCgroups groups;
    private readonly bool counts;
    private long limit;

    /// <summary>One that was just made.</summary>
    /// <param name="groups">Those it belongs to.</param>
    /// <param name="path">Its directory.</param>
    /// <param name="counts">Whether the kernel counts memory and disks in it.</param>
    public AttemptCgroup(AttemptCgroups groups, string path, bool counts) => (this.groups, Path, this.counts) = (groups, path, counts);

    /// <summary>Its directory.</summary>
    public string Path { get; }

    /// <summary>The file that a process enters it by.</summary>
    public string Door => Path + "/cgroup.procs";

    /// <summary>Processor time of all that was in it so far, in microseconds.</summary>
    public long ProcessorMicroseconds => CgroupUsage.ProcessorMicroseconds(CgroupFiles.Read(Path + "/cpu.stat"));

    /// <summary>Moves this process into it; 0, or an error number.</summary>
    public int Enter() => CgroupFiles.Write(Door, CgroupFiles.Ourselves);

    /// <summary>
    /// Lets it hold <paramref name="bytes"/> of memory and no swap; more, and the kernel kills all that is in it at once, because half an attempt is of no
    /// use. 0 changes nothing. 0, or an error number.
    /// </summary>
    public int Limit(long bytes)
    {
        if (bytes == 0 || bytes == limit || !counts)
            return 0;
        limit = bytes;
        _ = CgroupFiles.Write(Path + "/memory.oom.group", "1");
        _ = CgroupFiles.Write(Path + "/memory.swap.max", "0"); // not there without swap accounting
        return CgroupFiles.Write(Path + "/memory.max", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes}"));
    }

    /// <summary>Kills all that is in it, however it forks meanwhile.</summary>
    public void Kill() => CgroupFiles.Write(Path + "/cgroup.kill", "1");

    /// <summary>The attempt is over: kills what is left of it, removes the group and says what it counted.</summary>
    public CgroupExit End()
    {
        var processor = ProcessorMicroseconds;
        var (peak, read, written, outOfMemory) = (0L, 0L, 0L, (bool?)null);
        if (counts)
        {
            peak = CgroupUsage.PeakBytes(CgroupFiles.Read(Path + "/memory.peak"), CgroupFiles.Read(Path + "/memory.stat"));
            outOfMemory = CgroupUsage.OutOfMemory(CgroupFiles.Read(Path + "/memory.events"));
            var disks = CgroupFiles.Read(Path + "/io.stat");
            (read, written) = (CgroupUsage.Bytes(disks, "rbytes"), CgroupUsage.Bytes(disks, "wbytes"));
        }

        // An empty group, which it nearly always is, can be removed at once; that it cannot is the sign of something left.
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
