using System.Globalization;
using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Checks;

/// <summary>
/// The directory of <c>--out</c> while one <c>dbatch run</c> works. Two runs never write into it at once, and a new run never starts where the outputs of another
/// are in its way. The kernel releases the lock with the process.
/// </summary>
internal sealed class OutputFolder : IDisposable
{
    private const string LockName = ".dbatch.lock";
    private const int ShownNames = 3;

    private readonly FileStream lockFile;
    private readonly bool isNew;

    private OutputFolder(FileStream lockFile, bool isNew) => (this.lockFile, this.isNew) = (lockFile, isNew);

    /// <summary>Creates the directory where it is missing, checks that it can be written, and holds it; null with the reason in <paramref name="mistake"/>.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="newChunks">Number of chunks of a new run; 0 for a run that goes on with its own outputs.</param>
    /// <param name="mistake">Why the directory cannot be used; null otherwise.</param>
    public static OutputFolder? Open(string directory, long newChunks, out string? mistake)
    {
        mistake = InTheWay(directory, newChunks);
        if (mistake is not null)
            return null;
        try
        {
            var isNew = !Directory.Exists(directory);
            Directory.CreateDirectory(directory);
            var path = Path.Combine(directory, LockName);
            return new OutputFolder(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose), isNew);
        }
        catch (IOException failure) when (failure.GetType() == typeof(IOException) && File.Exists(Path.Combine(directory, LockName)))
        {
            mistake = $"Another dbatch run writes its outputs to {directory} at the moment. Wait for it, or choose another directory with --out.";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            mistake = $"The outputs cannot be written to {directory}: {failure.Message.TrimEnd('.')}. Choose another directory with --out.";
        }

        return null;
    }

    /// <summary>Releases the directory. One that this made and no chunk wrote to is removed.</summary>
    public void Dispose()
    {
        var directory = Path.GetDirectoryName(lockFile.Name)!;
        lockFile.Dispose();
        try
        {
            if (isNew && !Directory.EnumerateFileSystemEntries(directory).Any())
                Directory.Delete(directory);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Somebody else removed it, or wrote to it.
        }
    }

    /// <summary>The mistake of a run that would mix its outputs with others; null when nothing is in its way.</summary>
    public static string? InTheWay(string directory, long newChunks)
    {
        if (newChunks == 0 || !Directory.Exists(directory))
            return null;
        List<long> taken;
        try
        {
            taken = [.. Directory.EnumerateFileSystemEntries(directory).Select(path => Number(Path.GetFileName(path))).OfType<long>().Where(index => index < newChunks).Order()];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"The directory {directory} of --out cannot be read: {failure.Message.TrimEnd('.')}. Choose another one.";
        }

        if (taken.Count == 0)
            return null;
        var more = taken.Count > ShownNames ? $" and {taken.Count - ShownNames} more" : "";
        return $"{directory} already has outputs of {HumanText.Count(taken.Count, "chunk")} of another run: {string.Join(", ", taken.Take(ShownNames))}{more}. "
            + "Move or remove them, or choose another directory with --out.";
    }

    // A chunk's folder is named by its index, without leading zeros.
    private static long? Number(string name) =>
        long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number.ToString(CultureInfo.InvariantCulture) == name ? number : null;
}
