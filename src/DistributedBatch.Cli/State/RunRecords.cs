using System.Text.Json;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.State;

/// <summary>The records of a state directory.</summary>
/// <param name="stateDirectory">The state directory.</param>
internal sealed class RunRecords(string stateDirectory)
{
    /// <summary>Folder of a run.</summary>
    public string DirectoryOf(RunId run) => Path.Combine(stateDirectory, "runs", run.Value);

    /// <summary>Folder of the outputs of a run without <c>--out</c>.</summary>
    public string DefaultOutputsOf(RunId run) => Path.Combine(DirectoryOf(run), "out");

    /// <summary>The record of a run, or null.</summary>
    public RunRecord? Find(RunId run) => Read(DirectoryOf(run));

    /// <summary>Writes a record. A crash leaves the old record or the new one.</summary>
    public void Save(RunRecord record)
    {
        var file = FileOf(Directory.CreateDirectory(DirectoryOf(record.Run)).FullName);
        File.WriteAllText(file + ".new", JsonText.Of(record, RunRecordContext.Default.RunRecord));
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>Removes the record of a run that never started; does nothing when the run has left anything else.</summary>
    public void Forget(RunId run)
    {
        if (Directory.EnumerateFileSystemEntries(DirectoryOf(run)).All(path => path == FileOf(DirectoryOf(run))))
            Directory.Delete(DirectoryOf(run), recursive: true);
    }

    /// <summary>All records, newest first.</summary>
    public IReadOnlyList<RunRecord> All()
    {
        var runs = Path.Combine(stateDirectory, "runs");
        return !Directory.Exists(runs)
            ? []
            : [.. Directory.EnumerateDirectories(runs).Select(Read).OfType<RunRecord>().OrderByDescending(record => record.CreatedAt)];
    }

    /// <summary>The newest run of that name, or null.</summary>
    public RunRecord? Newest(string name) => All().FirstOrDefault(record => record.Name == name);

    /// <summary>The run that an id, a unique prefix of one, a name or <c>last</c> selects; else null, with the reason in <paramref name="mistake"/>.</summary>
    public RunRecord? Find(string text, out string? mistake)
    {
        var all = All();
        var exact = text == "last"
            ? all.Count > 0 ? all[0] : null
            : all.FirstOrDefault(record => record.Run.Value == text) ?? all.FirstOrDefault(record => record.Name == text);
        var byPrefix = exact is not null ? [exact] : all.Where(record => record.Run.Value.StartsWith(text, StringComparison.Ordinal)).ToList();
        mistake = byPrefix.Count switch
        {
            1 => null,
            0 when all.Count == 0 => $"There are no runs in {stateDirectory} to resume.",
            0 => CommandHint.Complete($"There is no run '{text}' in {stateDirectory}. 'dbatch list' shows the runs.", StateDirectory.CommandOption(stateDirectory)),
            _ => $"'{text}' matches {string.Join(", ", byPrefix.Select(record => record.Run))}; write more of the id.",
        };
        return mistake is null ? byPrefix[0] : null;
    }

    private static RunRecord? Read(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(FileOf(directory)), RunRecordContext.Default.RunRecord);
        }
        catch (Exception failure) when (failure is IOException or JsonException or UnauthorizedAccessException)
        {
            return null; // A folder without a readable record is not a run of dbatch.
        }
    }

    private static string FileOf(string directory) => Path.Combine(directory, "run.json");
}
