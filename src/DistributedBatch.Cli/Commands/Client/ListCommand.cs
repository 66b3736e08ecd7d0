using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.Output;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch list</c>: the runs, newest first.</summary>
internal static class ListCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var only = new Option<string>("--only") { HelpName = "STATE", Description = "only runs in this state: running, paused, succeeded, failed, cancelled" };
        var limit = new Option<int>("--limit") { HelpName = "N", Description = "number of runs to show; default 50", DefaultValueFactory = _ => 50 };
        only.AcceptOnlyFromAmong([.. Enum.GetValues<RunState>().Select(state => state.ToText())]);
        var command = ClientCommand.Create("list", "List the runs, newest first.", async (parsed, source, json, cancellation) =>
        {
            RunState? state = parsed.GetValue(only) is { } word ? EnumText.Parse<RunState>(word) : null;
            var page = await source.ListAsync(state, parsed.GetValue(limit), after: null, cancellation);
            if (json)
                Console.Out.WriteLine(JsonSerializer.Serialize(page.Items, ContractsJson.Indented.IReadOnlyListRunView));
            else
                Print(page, source.Location);
            return ExitCode.Done;
        });
        command.Options.Add(only);
        command.Options.Add(limit);
        return command;
    }

    private static void Print(Page<RunView> page, string location)
    {
        if (page.Items.Count == 0)
        {
            Console.Error.WriteLine($"No runs in {location}.");
            return;
        }

        var now = TimeProvider.System.GetUtcNow();
        var table = new TextTable("RUN", "NAME", "STATE", ">CHUNKS", ">FAILED", ">ITEMS/S", "TIME LEFT", "SUBMITTED");
        foreach (var run in page.Items)
        {
            table.Add(
                run.Run.Value,
                run.Name,
                AnsiColor.State(run.State),
                $"{run.Chunks.Succeeded}/{run.Chunks.Total}",
                $"{run.Chunks.Failed}",
                HumanText.Rate(run.ItemsPerSecond),
                run.State.IsSettled() ? "-" : HumanText.Eta(run.Eta),
                HumanText.Ago(run.SubmittedAt, now));
        }

        Console.Out.Write(table);
        if (page.Next is not null)
            Console.Error.WriteLine("There are older runs. Show more with --limit.");
    }
}
