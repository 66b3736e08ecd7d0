namespace DistributedBatch.Consumer.Execution;

/// <summary>
/// The directory that holds the slots' scratch, locked, because two consumers may share a data directory. What a consumer that died left there is
/// removed: outputs of attempts that nobody will report.
/// </summary>
internal sealed class ScratchRoot : IDisposable
{
    private readonly FileStream held;

    private ScratchRoot(string path, FileStream held) => (Path, this.held) = (path, held);

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>Takes the first free one of <c>slots</c>, <c>slots-2</c>, <c>slots-3</c> and so on under <paramref name="dataDirectory"/>.</summary>
    public static ScratchRoot Take(string dataDirectory)
    {
        for (var number = 1; ; number++)
        {
            var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(dataDirectory, number == 1 ? "slots" : $"slots-{number}"));
            Directory.CreateDirectory(path);
            try
            {
                var held = new FileStream(System.IO.Path.Combine(path, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                foreach (var left in Directory.EnumerateDirectories(path))
                    Directory.Delete(left, recursive: true);
                return new ScratchRoot(path, held);
            }
            catch (IOException) when (number < 1000 && File.Exists(System.IO.Path.Combine(path, ".lock")))
            {
                // Another consumer has it.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        held.Dispose();
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // Another consumer took it over, or a stray still writes; the next start removes it.
        }
    }
}
