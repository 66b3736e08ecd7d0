using DistributedBatch.Cli.Hosting;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Cli.Sources;

namespace DistributedBatch.Cli.Hooks;

/// <summary>
/// The <c>before:</c> and <c>after:</c> commands of a submitted run. Both run on the machine of <c>dbatch submit</c> or <c>dbatch watch</c>. So <c>after</c> needs
/// the outputs there: they are downloaded, unless they are in a directory that all machines share.
/// </summary>
internal sealed class SubmitHooks
{
    private readonly HookCommand command;
    private readonly bool outputsAreHere;

    private SubmitHooks(HookCommand command, bool outputsAreHere) => (this.command, this.outputsAreHere) = (command, outputsAreHere);

    /// <summary>The command that runs before the submission; empty for none.</summary>
    public IReadOnlyList<string> Before { get; private init; } = [];

    /// <summary>The command that runs when all chunks have succeeded; empty for none.</summary>
    public required IReadOnlyList<string> After { get; init; }

    /// <summary>The hooks of a run that is about to be submitted.</summary>
    /// <param name="spec">The run; it has an id.</param>
    /// <param name="directory">The current directory.</param>
    public static SubmitHooks Of(RunSpec spec, string directory)
    {
        var run = spec.Id ?? throw new ArgumentException("The run has no id yet.", nameof(spec));
        var outputs = spec.Job.OutputDirectory ?? DownloadsOf(run, directory);
        return new SubmitHooks(
            new HookCommand(run, spec.Name, spec.Job.WorkingDirectory ?? directory, outputs, spec.Job.Env), outputsAreHere: spec.Job.OutputDirectory is not null)
        {
            Before = spec.Before,
            After = spec.After,
        };
    }

    /// <summary>The hook of a run that was submitted before, maybe by another machine.</summary>
    /// <param name="view">The run.</param>
    /// <param name="after">The command.</param>
    /// <param name="directory">The current directory.</param>
    public static SubmitHooks Of(RunView view, IReadOnlyList<string> after, string directory)
    {
        var shared = Directory.Exists(view.OutputDirectory) ? view.OutputDirectory : null;
        return new SubmitHooks(
            new HookCommand(view.Run, view.Name, directory, shared ?? DownloadsOf(view.Run, directory), new Dictionary<string, string>()), outputsAreHere: shared is not null)
        {
            After = after,
        };
    }

    /// <summary>Runs <c>before</c>, if the run has one, and gives the exit code. A failure is printed.</summary>
    public Task<int> BeforeAsync() => RunAsync("before", Before, "Nothing was submitted; the same command runs it again.");

    /// <summary>Downloads the outputs and runs <c>after</c>, if the run has one, and gives the exit code. A failure is printed.</summary>
    public async Task<int> AfterAsync(IRunSource source, CancellationToken cancellation)
    {
        if (After.Count > 0 && !outputsAreHere && source is HttpRunSource server)
        {
            await new OutageRetry(Console.Error.WriteLine).ReadAsync(
                async () =>
                {
                    await server.FetchOutputsAsync(command.Run, command.OutputDirectory, cancellation);
                    return true;
                },
                cancellation);
        }

        return await RunAsync(
            "after", After, $"All chunks succeeded; their outputs are in {command.OutputDirectory}. 'dbatch watch {command.Run}{source.CommandOptions} --after …' runs it again.");
    }

    private static string DownloadsOf(RunId run, string directory) => Path.Combine(directory, ".dbatch", "runs", run.Value, "out");

    private async Task<int> RunAsync(string kind, IReadOnlyList<string> words, string remedy)
    {
        if (words.Count == 0)
            return ExitCode.Done;
        using var signals = new StopSignals();
        return await command.RunAsync(kind, words, signals, remedy);
    }
}
