using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>
/// A lock on the directory of a control group, which says that the group is in use. The kernel releases it however this process dies. A process id
/// could not do that: it may be reused, or be another process in another container.
/// </summary>
internal sealed class CgroupLock : IDisposable
{
    private const int Shared = 1;
    private const int Exclusive = 2;
    private const int DoNotWait = 4;

    private int descriptor;

    private CgroupLock(int descriptor) => this.descriptor = descriptor;

    /// <summary>Takes a shared lock; null when the group does not exist or another process is about to remove it.</summary>
    public static CgroupLock? TryShared(string group) => TryLock(group, Shared);

    /// <summary>Takes an exclusive lock; null when another process has a lock.</summary>
    public static CgroupLock? TryExclusive(string group) => TryLock(group, Exclusive);

    /// <summary>Makes a shared lock exclusive; false while another process has one too.</summary>
    public bool TryMakeExclusive() => Posix.LockFile(descriptor, Exclusive | DoNotWait) == 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref descriptor, -1) is >= 0 and var open)
            _ = Posix.Close(open);
    }

    private static CgroupLock? TryLock(string group, int kind)
    {
        var descriptor = Posix.OpenFile(group, Posix.OpenReadOnly | Posix.OpenCloseOnExec);
        if (descriptor < 0)
            return null;
        if (Posix.LockFile(descriptor, kind | DoNotWait) == 0)
            return new CgroupLock(descriptor);
        _ = Posix.Close(descriptor);
        return null;
    }
}
