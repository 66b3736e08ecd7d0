using DistributedBatch.Cli.Hosting;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Sources;

namespace DistributedBatch.Cli.Hooks;

/// <summary>
/// The <c>before:</c> and <c>after:</c> commands of a submitted run. Both run on the machine of <c>dbatch submit</c>. So <c>after</c> needs the outputs
/// there: they are downloaded, unless <c>--out</c> names a directory that all machines share.
/// </summary>
/// <param name="spec">The run.</param>
/// <param name="directory">The current directory.</param>
internal sealed class SubmitHooks(RunSpec spec, string directory)
{
    private readonly HookCommand command = new(
        spec.Id ?? throw new ArgumentException("The run has no id yet.", nameof(spec)),
        spec.Name,
        spec.Job.WorkingDirectory ?? directory,
        spec.Job.OutputDirectory ?? Path.Combine(directory, ".dbatch", "runs", spec.Id.Value.Value, "out"),
        spec.Job.Env);

    /// <summary>Runs <c>before</c>, if the run has one, and gives the exit code. A failure is printed.</summary>
    public Task<int> BeforeAsync() => RunAsync("before", spec.Before, "Nothing was submitted; the same command runs it again.");

    /// <summary>Downloads the outputs and runs <c>after</c>, if the run has one, and gives the exit code. A failure is printed.</summary>
    public async Task<int> AfterAsync(HttpRunSource source, CancellationToken cancellation)
    {
        if (spec.After.Count > 0 && spec.Job.OutputDirectory is null)
            await source.FetchOutputsAsync(command.Run, command.OutputDirectory, cancellation);
        return await RunAsync("after", spec.After, $"All chunks succeeded; their outputs are in {command.OutputDirectory}. Run the command by hand once it works.");
    }

    private async Task<int> RunAsync(string kind, IReadOnlyList<string> words, string remedy)
    {
        if (words.Count == 0)
            return ExitCode.Done;
        using var signals = new StopSignals();
        return await command.RunAsync(kind, words, signals, remedy);
    }
}
