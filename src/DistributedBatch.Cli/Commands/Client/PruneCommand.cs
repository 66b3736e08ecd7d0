using System.CommandLine;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch prune</c>: deletes settled runs with their logs and outputs, by name or by age.</summary>
internal static class PruneCommand
{
    private const int PageSize = 500;

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var named = new Argument<string[]>("RUN") { Description = "runs to forget: id, unique prefix of an id, name, or last", Arity = ArgumentArity.ZeroOrMore };
        var keep = new Option<string>("--keep") { HelpName = "TIME", Description = "forget all runs that ended longer ago than TIME, such as 30d" };
        var dryRun = new Option<bool>("--dry-run") { Description = "only print what would be forgotten" };
        var command = ClientCommand.Create("prune", "Forget settled runs: delete them with their logs and outputs.", async (parsed, source, json, cancellation) =>
        {
            var mistakes = new List<string>();
            var runs = new List<RunView>();
            foreach (var text in parsed.GetValue(named) ?? [])
                await AddAsync(source, text, runs, mistakes, cancellation);
            if (parsed.GetValue(keep) is { } time)
            {
                var settings = new Dictionary<string, SettingValue> { ["keep"] = new([time], "--keep", "/") };
                if (new SettingReader(settings, mistakes).Duration("keep") is { } kept)
                    await AddOldAsync(source, TimeProvider.System.GetUtcNow() - kept, runs, cancellation);
            }
            else if (runs.Count + mistakes.Count == 0)
            {
                mistakes.Add("No run is given: name the runs to forget, or use --keep 30d for all that ended longer ago.");
            }

            return mistakes.Count > 0
                ? ErrorOutput.Usage(mistakes)
                : await ForgetAsync(source, [.. runs.DistinctBy(run => run.Run)], parsed.GetValue(dryRun), json, cancellation);
        });
        command.Arguments.Add(named);
        command.Options.Add(keep);
        command.Options.Add(dryRun);
        return command;
    }

    private static async Task AddAsync(IRunSource source, string text, List<RunView> runs, List<string> mistakes, CancellationToken cancellation)
    {
        switch (await source.FindAsync(text, cancellation))
        {
            case RunSelector.Found found when await source.ShowAsync(found.Run, cancellation) is { } view:
                if (view.State.IsSettled())
                    runs.Add(view);
                else
                    mistakes.Add($"Run {view.Run} ({view.Name}) is not finished; cancel it first.");
                break;
            case RunSelector.Ambiguous ambiguous:
                mistakes.Add(ambiguous.Sentence);
                break;
            case RunSelector.None none:
                mistakes.Add(none.Sentence);
                break;
        }
    }

    private static async Task AddOldAsync(IRunSource source, DateTimeOffset before, List<RunView> runs, CancellationToken cancellation)
    {
        string? after = null;
        do
        {
            var page = await source.ListAsync(null, PageSize, after, cancellation);
            runs.AddRange(page.Items.Where(run => run.State.IsSettled() && run.FinishedAt < before));
            after = page.Next;
        }
        while (after is not null);
    }

    private static async Task<int> ForgetAsync(IRunSource source, IReadOnlyList<RunView> runs, bool dryRun, bool json, CancellationToken cancellation)
    {
        var answers = dryRun || runs.Count == 0
            ? [.. runs.Select(run => RunCommandResult.Done(run.Run))]
            : await source.ForgetAsync([.. runs.Select(run => run.Run)], cancellation);
        var kept = runs.Zip(answers).Where(pair => pair.Second.Mistakes.Count > 0).ToList();
        var forgotten = runs.Zip(answers).Where(pair => pair.Second.Mistakes.Count == 0).Select(pair => pair.First).ToList();
        if (json)
        {
            Console.Out.WriteLine(JsonText.Of(new PrunedJson([.. forgotten.Select(run => run.Run)], dryRun), PrunedJsonContext.Default.PrunedJson));
        }
        else
        {
            var now = TimeProvider.System.GetUtcNow();
            foreach (var run in forgotten)
                Console.Out.WriteLine($"{(dryRun ? "would forget" : "forgot")} {run.Run} {run.Name}, {HumanText.Count(run.Chunks.Total, "chunk")}, ended {HumanText.Ago(run.FinishedAt ?? run.SubmittedAt, now)}");
            if (runs.Count == 0)
                Console.Error.WriteLine($"{source.Location} has no such run to forget.");
        }

        return kept.Count > 0 ? ErrorOutput.Print(string.Join(' ', kept.SelectMany(pair => pair.Second.Mistakes).Distinct()), ExitCode.SomeFailed) : ExitCode.Done;
    }
}
