using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Embedded;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Lab;

/// <summary>
/// The <c>before:</c> and <c>after:</c> commands of a run that a server works on. Both run here, where the command was given, so <c>after</c> finds the
/// outputs here too: they are fetched from the server, unless <c>--out</c> named a directory on a disk that all machines share.
/// </summary>
/// <param name="spec">The run.</param>
/// <param name="directory">Where the user stands.</param>
internal sealed class RunHooks(RunSpec spec, string directory)
{
    private readonly RunRecord record = new()
    {
        Run = spec.Id ?? throw new ArgumentException("The run has no id yet.", nameof(spec)),
        Name = spec.Name,
        Fingerprint = "",
        CreatedAt = DateTimeOffset.UnixEpoch,
        WorkingDirectory = spec.Job.WorkingDirectory ?? directory,
        OutputDirectory = spec.Job.OutputDirectory ?? Path.Combine(directory, ".dbatch", "runs", spec.Id.Value.Value, "out"),
        Env = spec.Job.Env,
    };

    /// <summary>Runs <c>before</c>, if there is one; gives the exit code, a failure has been told.</summary>
    public Task<int> BeforeAsync() => RunAsync("before", spec.Before, "Nothing was submitted; the same command runs it again.");

    /// <summary>Fetches the outputs and runs <c>after</c>, if there is one; gives the exit code, a failure has been told.</summary>
    public async Task<int> AfterAsync(HttpRunSource source, CancellationToken cancellation)
    {
        if (spec.After.Count > 0 && spec.Job.OutputDirectory is null)
            await source.FetchOutputsAsync(record.Run, record.OutputDirectory, cancellation);
        return await RunAsync("after", spec.After, $"All chunks succeeded and their outputs are in {record.OutputDirectory}; run the command yourself once it is mended.");
    }

    private async Task<int> RunAsync(string role, IReadOnlyList<string> words, string remedy)
    {
        if (words.Count == 0)
            return ExitCode.Done;
        using var signals = new StopSignals();
        return await CommandAround.RunAsync(role, words, record, signals, remedy);
    }
}
