using System.CommandLine;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Options;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch retry RUN</c>: new attempts for failed and cancelled chunks; of a local run here and now, in this process.</summary>
internal static class RetryCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var slots = new Option<string>("--slots") { HelpName = "N|auto", Description = "attempts at once for a local run; default auto" };
        var verb = ReadingVerb.CreateForRun(
            "retry", "Run the failed and cancelled chunks of a run again; a local run is worked on right here.", lastIfUnsaid: false, async call =>
            {
                if (call.Source is not LocalRunSource local || Checks.StateDirectory.IsHeld(local.Place))
                    return await AskAsync(call);
                var mistakes = new List<string>();
                var settings = new Dictionary<string, SettingValue>();
                if (call.Parsed.GetValue(slots) is { } text)
                    settings["slots"] = new SettingValue([text], "--slots", local.Place);
                var number = checked((int?)new SettingReader(settings, mistakes).NumberOrAuto("slots", fallback: null));
                var isolation = HostIsolation.Read(flag: null, mistakes);
                return mistakes.Count > 0
                    ? ErrorOutput.Usage(mistakes)
                    : await Embedded.EmbeddedRun.ResumeAsync(call.Run.Value, number, isolation, local.Place, call.Json);
            });
        verb.Options.Add(slots);
        return verb;
    }

    private static async Task<int> AskAsync(RunCall call)
    {
        var answer = await call.Source.ChangeAsync(call.Run, RunAction.Retry, call.Cancellation);
        if (answer.Mistakes.Count > 0)
            return ErrorOutput.Usage(answer.Mistakes);
        Console.Out.WriteLine(call.Json
            ? $$"""{"run":"{{call.Run}}","action":"{{RunAction.Retry.ToText()}}"}"""
            : $"Run {call.Run} tries its failed chunks again. 'dbatch watch {call.Run}' shows how it goes.");
        return ExitCode.Done;
    }
}
