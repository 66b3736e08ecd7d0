using System.CommandLine;
using DistributedBatch.Cli.Checks;
using DistributedBatch.Cli.Hooks;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Plan;
using DistributedBatch.Cli.Requests;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Messages;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch submit</c>: sends a run to a server and returns; with <c>--watch</c> it returns at the end of the run.</summary>
internal static class SubmitCommand
{
    /// <summary>Builds the command.</summary>
    /// <param name="jobCommand">The command after <c>--</c>.</param>
    public static Command Create(IReadOnlyList<string>? jobCommand)
    {
        var file = new Option<string>("--file", "-f") { HelpName = "JOB.yaml", Description = "job file: the same settings as keys, and command, before, after" };
        var server = new Option<string>("--server") { HelpName = "URL", Description = "the server, such as http://head:8080 [DBATCH_SERVER]" };
        var token = new Option<string>("--token") { HelpName = "TOKEN", Description = "operator token [DBATCH_TOKEN, DBATCH_TOKEN_FILE]" };
        var authority = ServerAddress.AuthorityOption();
        var watch = new Option<bool>("--watch") { Description = "show the progress until the end of the run; the exit code is that of the run" };
        var dryRun = new Option<bool>("--dry-run") { Description = "print the plan and submit nothing" };
        var json = new Option<bool>("--json") { Description = "print JSON on standard output" };
        var command = new Command("submit", "Submit a run to a server and return.") { file, server, token, authority, watch, dryRun, json };
        var options = new RunOptions(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var directory = Directory.GetCurrentDirectory();
            var flags = options.Layer(parsed, jobCommand, directory);
            var (request, wrong) = RunRequestReader.ReadLayers(flags, parsed.GetValue(file), directory, remote: true);
            var mistakes = new List<string>(wrong);
            mistakes.AddRange(LocalOnly(request, parsed.GetValue(watch), flags.ContainsKey(HostIsolation.Key)));
            var address = ServerAddress.Find(parsed.GetValue(server), parsed.GetValue(token), parsed.GetValue(authority), mistakes);
            if (address is null && mistakes.Count == 0 && !parsed.GetValue(dryRun))
                mistakes.Add("No server is given: use --server http://head:8080, or set DBATCH_SERVER. 'dbatch run' needs no server.");
            if (request is { Spec.Job.OutputDirectory: { } outputs } && OutputFolder.InTheWay(outputs, new RunPlan(request.Spec) is var plan ? plan.Chunks ?? plan.Items : 0) is { } taken)
                mistakes.Add(taken); // The directory is on a disk that all machines share, so its outputs are those that the hosts would meet.
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            return parsed.GetValue(dryRun)
                ? PlanPrinter.Print(request!, parsed.GetValue(json))
                : await SubmitAsync(request!, address!, parsed.GetValue(watch), parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static IEnumerable<string> LocalOnly(RunRequest? request, bool watch, bool isolated)
    {
        if (request is { Spec.After.Count: > 0 } && !watch)
            yield return "after runs on this machine when all chunks have succeeded, so submit must wait: add --watch.";
        if (isolated)
            yield return "Each host chooses its own --isolation: dbatch consumer --isolation cgroup.";
        if (request is { Slots: not null })
            yield return "Each host chooses its own --slots: dbatch consumer --slots N.";
    }

    private static async Task<int> SubmitAsync(RunRequest request, ServerAddress address, bool watch, bool json, CancellationToken cancellation)
    {
        await using var source = new HttpRunSource(address);
        var spec = request.Spec with { Id = RunId.New() };
        var hooks = SubmitHooks.Of(spec, Directory.GetCurrentDirectory());
        try
        {
            if (await hooks.BeforeAsync() is not ExitCode.Done and var before)
                return before;
            var answer = await SubmitUnderFreeNameAsync(source, spec, request.Named, cancellation);
            if (answer.Run is not { } run)
                return ErrorOutput.Usage(answer.Mistakes);
            if (watch)
            {
                var ended = await WatchCommand.FollowAsync(source, run, json, cancellation);
                if (ended == ExitCode.Done)
                    return await hooks.AfterAsync(source, cancellation);
                if (spec.After.Count > 0)
                    Console.Error.WriteLine($"The after command did not run: it needs all chunks. When 'dbatch retry {run}{source.CommandOptions}' has succeeded, 'dbatch watch {run}{source.CommandOptions} --after …' runs it.");
                return ended;
            }

            Console.Out.WriteLine(json
                ? JsonText.Of(new SubmittedJson(run, spec.Name, source.Location), SubmittedJsonContext.Default.SubmittedJson)
                : $"Run {run} ({spec.Name}) is submitted. 'dbatch watch {run}{source.CommandOptions}' shows the progress.");
            return ExitCode.Done;
        }
        catch (ServerException failure)
        {
            return ErrorOutput.Print(failure.Message, failure.ExitCode);
        }
    }

    /// <summary>Names are unique among unfinished runs. The run's id makes a default name unique.</summary>
    private static async Task<RunCommandResult> SubmitUnderFreeNameAsync(HttpRunSource source, RunSpec spec, bool named, CancellationToken cancellation)
    {
        var answer = await source.SubmitAsync(spec, cancellation);
        return answer.Run is null && !named && answer.Mistakes is [var only] && only.Contains($"'{spec.Name}'", StringComparison.Ordinal)
            ? await source.SubmitAsync(spec with { Name = $"{spec.Name}-{spec.Id}" }, cancellation)
            : answer;
    }
}
