using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Attempts;

/// <summary>
/// The directory that holds the scratch files of all slots. It is locked, because two consumers may share a data directory. Files that a dead
/// consumer left are removed: nobody will report those attempts.
/// </summary>
internal sealed class ScratchRoot : IDisposable
{
    private readonly FileStream lockFile;

    private ScratchRoot(string path, FileStream lockFile) => (Path, this.lockFile) = (path, lockFile);

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>Locks the first free one of <c>slots</c>, <c>slots-2</c>, <c>slots-3</c> and so on under <paramref name="dataDirectory"/>.</summary>
    public static ScratchRoot Acquire(string dataDirectory)
    {
        for (var number = 1; ; number++)
        {
            var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(dataDirectory, number == 1 ? "slots" : $"slots-{number}"));
            Directory.CreateDirectory(path);
            try
            {
                var lockFile = new FileStream(System.IO.Path.Combine(path, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                foreach (var leftover in Directory.EnumerateDirectories(path))
                    TryRemove(leftover);
                return new ScratchRoot(path, lockFile);
            }
            catch (IOException) when (number < 1000 && File.Exists(System.IO.Path.Combine(path, ".lock")))
            {
                // Another consumer holds the lock.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lockFile.Dispose();
        TryRemove(Path);
    }

    private static void TryRemove(string directory)
    {
        try
        {
            DirectoryRemoval.Remove(directory);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Another consumer locked it meanwhile, an orphan still writes to it, or another user owns what is in it. A later start tries again.
        }
    }
}
