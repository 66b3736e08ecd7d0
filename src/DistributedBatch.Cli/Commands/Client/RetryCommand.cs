using System.CommandLine;
using DistributedBatch.Cli.Embedded;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Cli.State;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch retry RUN</c>: new attempts for failed and cancelled chunks. A local run continues in this process.</summary>
internal static class RetryCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var slots = new Option<string>("--slots") { HelpName = "N|auto", Description = "attempts at once of a local run; default auto" };
        var command = ClientCommand.CreateForRun(
            "retry", "Run the failed and cancelled chunks of a run again; a local run continues in this process.", defaultsToLast: false, async context =>
            {
                if (context.Source is not LocalRunSource local || StateDirectory.IsHeld(local.Location))
                    return await RequestAsync(context);
                var mistakes = new List<string>();
                var settings = new Dictionary<string, SettingValue>();
                if (context.Parsed.GetValue(slots) is { } text)
                    settings["slots"] = new SettingValue([text], "--slots", local.Location);
                var number = new SettingReader(settings, mistakes).Slots();
                var isolation = HostIsolation.Read(flag: null, mistakes);
                return mistakes.Count > 0
                    ? ErrorOutput.Usage(mistakes)
                    : await EmbeddedRun.ResumeAsync(context.Run.Value, number, isolation, local.Location, context.Json);
            });
        command.Options.Add(slots);
        return command;
    }

    private static async Task<int> RequestAsync(ClientCommandContext context)
    {
        var answer = await context.Source.ChangeAsync(context.Run, RunAction.Retry, context.Cancellation);
        if (answer.Mistakes.Count > 0)
            return ErrorOutput.Usage(answer.Mistakes);
        Console.Out.WriteLine(context.Json
            ? $$"""{"run":"{{context.Run}}","action":"{{RunAction.Retry.ToText()}}"}"""
            : $"Run {context.Run} retries its failed chunks. 'dbatch watch {context.Run}{context.Source.CommandOptions}' shows the progress.");
        return ExitCode.Done;
    }
}
