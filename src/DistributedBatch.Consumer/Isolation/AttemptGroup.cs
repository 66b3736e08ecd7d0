namespace DistributedBatch.Consumer.Isolation;

/// <summary>The control group of one attempt, or of one interpreter that stays.</summary>
internal sealed class AttemptGroup
{
    private readonly AttemptGroups groups;
    private readonly bool counts;
    private long limit;

    /// <summary>One that was just made.</summary>
    /// <param name="groups">Those it belongs to.</param>
    /// <param name="path">Its directory.</param>
    /// <param name="counts">Whether the kernel counts memory and disks in it.</param>
    public AttemptGroup(AttemptGroups groups, string path, bool counts) => (this.groups, Path, this.counts) = (groups, path, counts);

    /// <summary>Its directory.</summary>
    public string Path { get; }

    /// <summary>The file that a process enters it by.</summary>
    public string Door => Path + "/cgroup.procs";

    /// <summary>Processor time of all that was in it so far, in microseconds.</summary>
    public long ProcessorMicroseconds => GroupFigures.ProcessorMicroseconds(GroupFiles.Read(Path + "/cpu.stat"));

    /// <summary>Moves this process into it; 0, or an error number.</summary>
    public int Enter() => GroupFiles.Write(Door, GroupFiles.Ourselves);

    /// <summary>
    /// Lets it hold <paramref name="bytes"/> of memory and no swap; more, and the kernel kills all that is in it at once, because half an attempt is of no
    /// use. 0 changes nothing. 0, or an error number.
    /// </summary>
    public int Limit(long bytes)
    {
        if (bytes == 0 || bytes == limit || !counts)
            return 0;
        limit = bytes;
        _ = GroupFiles.Write(Path + "/memory.oom.group", "1");
        _ = GroupFiles.Write(Path + "/memory.swap.max", "0"); // not there without swap accounting
        return GroupFiles.Write(Path + "/memory.max", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes}"));
    }

    /// <summary>Kills all that is in it, however it forks meanwhile.</summary>
    public void Kill() => GroupFiles.Write(Path + "/cgroup.kill", "1");

    /// <summary>The attempt is over: kills what is left of it, removes the group and says what it counted.</summary>
    public GroupEnding End()
    {
        var processor = ProcessorMicroseconds;
        var (peak, read, written, outOfMemory) = (0L, 0L, 0L, (bool?)null);
        if (counts)
        {
            peak = GroupFigures.PeakBytes(GroupFiles.Read(Path + "/memory.peak"), GroupFiles.Read(Path + "/memory.stat"));
            outOfMemory = GroupFigures.OutOfMemory(GroupFiles.Read(Path + "/memory.events"));
            var disks = GroupFiles.Read(Path + "/io.stat");
            (read, written) = (GroupFigures.Bytes(disks, "rbytes"), GroupFigures.Bytes(disks, "wbytes"));
        }

        // An empty group, which it nearly always is, can be removed at once; that it cannot is the sign of something left.
        var stragglers = false;
        if (GroupFiles.Remove(Path) != 0)
        {
            stragglers = GroupFigures.IsPopulated(GroupFiles.Read(Path + "/cgroup.events"));
            Kill();
            groups.RemoveLater(Path);
        }

        return new GroupEnding(stragglers, processor, peak, read, written, outOfMemory);
    }
}
