using System.CommandLine;
using DistributedBatch.Cli.Embedded;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Plan;
using DistributedBatch.Cli.Requests;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Cli.State;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch run</c>: all services in this process; ends when the run ends.</summary>
internal static class RunCommand
{
    /// <summary>Builds the command.</summary>
    /// <param name="jobCommand">The command after <c>--</c>.</param>
    public static Command Create(IReadOnlyList<string>? jobCommand)
    {
        var file = new Option<string>("--file", "-f") { HelpName = "JOB.yaml", Description = "job file: the same settings as keys, and command, before, after" };
        var resume = new Option<string>("--resume") { HelpName = "RUN", Description = "resume a run of this state directory: its id, a prefix, its name, or last" };
        var dryRun = new Option<bool>("--dry-run") { Description = "print the plan and start nothing" };
        var json = new Option<bool>("--json") { Description = "print the summary (or the plan) as JSON on standard output" };
        var command = new Command("run", "Run a command over a dataset on this machine, in this process.") { file, resume, dryRun, json };
        var options = new RunOptions(command);
        command.SetAction(async (parsed, _) =>
        {
            var directory = Directory.GetCurrentDirectory();
            var flags = options.Layer(parsed, jobCommand, directory);
            if (parsed.GetValue(resume) is { } run)
                return await ResumeAsync(run, flags, parsed.GetValue(json), directory);

            var (request, mistakes) = RunRequestReader.ReadLayers(flags, parsed.GetValue(file), directory, remote: false);
            if (request is null)
                return ErrorOutput.Usage(mistakes);
            if (parsed.GetValue(dryRun) && request.Script is { } script && await script.MistakeAsync() is { } mistake)
                return ErrorOutput.Usage(mistake);
            if (parsed.GetValue(dryRun))
                return PlanPrinter.Print(request, parsed.GetValue(json));
            return await EmbeddedRun.StartAsync(request, parsed.GetValue(json));
        });
        return command;
    }

    private static Task<int> ResumeAsync(string run, IReadOnlyDictionary<string, SettingValue> flags, bool json, string directory)
    {
        var mistakes = new List<string>();
        var reader = new SettingReader(flags, mistakes);
        var slots = reader.Slots();
        var isolation = HostIsolation.Read(flags.GetValueOrDefault(HostIsolation.Key)?.Text, mistakes);
        foreach (var value in flags.Where(flag => flag.Key is not ("slots" or "state" or HostIsolation.Key)).Select(flag => flag.Value))
            mistakes.Add($"{value.Origin} cannot be combined with --resume: a run keeps its settings. Only --slots, --isolation and --state may change.");
        return mistakes.Count > 0
            ? Task.FromResult(ErrorOutput.Usage(mistakes))
            : EmbeddedRun.ResumeAsync(run, slots, isolation, reader.Value("state")?.Path ?? StateDirectory.DefaultPath(directory), json);
    }
}
