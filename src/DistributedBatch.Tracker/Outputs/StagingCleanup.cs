namespace DistributedBatch.Tracker.Outputs;

/// <summary>
/// Removes the unfinished uploads that a killed tracker left. Only the first tracker of a data directory does that, because the others may be in the
/// middle of theirs; it holds a lock for as long as it runs.
/// </summary>
internal sealed class StagingCleanup : IDisposable
{
    private readonly FileStream? lockFile;

    /// <summary>Removes them now.</summary>
    public StagingCleanup(string dataDirectory)
    {
        var runs = Path.Combine(dataDirectory, "runs");
        try
        {
            Directory.CreateDirectory(dataDirectory);
            lockFile = new FileStream(Path.Combine(dataDirectory, "staging.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            foreach (var run in Directory.Exists(runs) ? Directory.EnumerateDirectories(runs) : [])
            {
                var staging = Path.Combine(run, OutputStore.StagingName);
                if (Directory.Exists(staging))
                    Directory.Delete(staging, recursive: true);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Another tracker holds the lock, or what is left belongs to somebody else. It only takes space.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => lockFile?.Dispose();
}
