using System.CommandLine;
using DistributedBatch.Cli.Checks;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Options;
using DistributedBatch.Cli.Plan;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch run</c>: everything in this process; ends when the run ends.</summary>
internal static class RunCommand
{
    /// <summary>The verb.</summary>
    /// <param name="words">The command after <c>--</c>.</param>
    public static Command Create(IReadOnlyList<string>? words)
    {
        var file = new Option<string>("--file", "-f") { HelpName = "JOB.yaml", Description = "job file: the same settings as keys, and command, before, after" };
        var resume = new Option<string>("--resume") { HelpName = "RUN", Description = "continue a run of this state directory: its id, a prefix, its name, or last" };
        var dryRun = new Option<bool>("--dry-run") { Description = "print the plan and start nothing" };
        var json = new Option<bool>("--json") { Description = "print the summary (or the plan) as JSON on standard output" };
        var verb = new Command("run", "Run a command over a dataset on this machine, in this process.") { file, resume, dryRun, json };
        var options = new RunOptionSet(verb);
        verb.SetAction(async (parsed, _) =>
        {
            var directory = Directory.GetCurrentDirectory();
            var flags = options.Layer(parsed, words, directory);
            if (parsed.GetValue(resume) is { } run)
                return await ResumeAsync(run, flags, parsed.GetValue(json), directory);

            var (request, mistakes) = RunSettingsReading.Read(flags, parsed.GetValue(file), directory, remote: false);
            if (request is null)
                return ErrorOutput.Usage(mistakes);
            if (parsed.GetValue(dryRun))
                return PlanPrint.Print(request, parsed.GetValue(json));
            return await Embedded.EmbeddedRun.StartAsync(request, parsed.GetValue(json));
        });
        return verb;
    }

    private static Task<int> ResumeAsync(string run, IReadOnlyDictionary<string, SettingValue> flags, bool json, string directory)
    {
        var mistakes = new List<string>();
        var reader = new SettingReader(flags, mistakes);
        var slots = checked((int?)reader.NumberOrAuto("slots", fallback: null));
        var isolation = HostIsolation.Read(flags.GetValueOrDefault(HostIsolation.Key)?.Text, mistakes);
        foreach (var value in flags.Where(flag => flag.Key is not ("slots" or "state" or HostIsolation.Key)).Select(flag => flag.Value))
            mistakes.Add($"{value.Where} cannot be changed by --resume: a run stays what it was submitted as. Only --slots, --isolation and --state go with it.");
        return mistakes.Count > 0
            ? Task.FromResult(ErrorOutput.Usage(mistakes))
            : Embedded.EmbeddedRun.ResumeAsync(run, slots, isolation, reader.Value("state")?.Path ?? LocalState.Default(directory), json);
    }
}
