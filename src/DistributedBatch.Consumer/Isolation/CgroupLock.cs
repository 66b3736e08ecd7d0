using DistributedBatch.Consumer.Launcher;

namespace DistributedBatch.Consumer.Isolation;

/// <summary>
/// Says that a group is in use, for as long as this process lives: a lock on its directory, which the kernel takes back however we die. A process id would
/// not do, because the number may be somebody else's tomorrow, or in another container.
/// </summary>
internal sealed class CgroupLock : IDisposable
{
    private const int Shared = 1;
    private const int Exclusive = 2;
    private const int DoNotWait = 4;

    private int descriptor;

    private CgroupLock(int descriptor) => this.descriptor = descriptor;

    /// <summary>Holds a group together with others; null when it is gone or somebody is about to remove it.</summary>
    public static CgroupLock? Share(string group) => Take(group, Shared);

    /// <summary>Holds a group of which nobody else has a hold; null when somebody has.</summary>
    public static CgroupLock? TakeOver(string group) => Take(group, Exclusive);

    /// <summary>Makes a shared hold the only one; false while somebody else has one too.</summary>
    public bool Alone() => Posix.LockFile(descriptor, Exclusive | DoNotWait) == 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref descriptor, -1) is >= 0 and var open)
            _ = Posix.Close(open);
    }

    private static CgroupLock? Take(string group, int kind)
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
