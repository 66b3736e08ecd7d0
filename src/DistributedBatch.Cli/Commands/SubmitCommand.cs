using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Lab;
using DistributedBatch.Cli.Options;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Plan;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch submit</c>: hands a run to a server and returns; <c>--watch</c> stays until it is over.</summary>
internal static class SubmitCommand
{
    /// <summary>The verb.</summary>
    /// <param name="words">The command after <c>--</c>.</param>
    public static Command Create(IReadOnlyList<string>? words)
    {
        var file = new Option<string>("--file", "-f") { HelpName = "JOB.yaml", Description = "job file: the same settings as keys, and command" };
        var server = new Option<string>("--server") { HelpName = "URL", Description = "the server, such as http://head:8080 [DBATCH_SERVER]" };
        var token = new Option<string>("--token") { HelpName = "TOKEN", Description = "operator token [DBATCH_TOKEN, DBATCH_TOKEN_FILE]" };
        var authority = ServerAddress.AuthorityOption();
        var watch = new Option<bool>("--watch") { Description = "show the progress until the run is over; the exit code is the run's" };
        var dryRun = new Option<bool>("--dry-run") { Description = "print the plan and submit nothing" };
        var json = new Option<bool>("--json") { Description = "print JSON on standard output" };
        var verb = new Command("submit", "Hand a run to a server and return.") { file, server, token, authority, watch, dryRun, json };
        var options = new RunOptionSet(verb);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var directory = Directory.GetCurrentDirectory();
            var flags = options.Layer(parsed, words, directory);
            var (request, wrong) = RunSettingsReading.Read(flags, parsed.GetValue(file), directory, remote: true);
            var mistakes = new List<string>(wrong);
            mistakes.AddRange(OnlyHere(request, parsed.GetValue(watch), flags.ContainsKey(HostIsolation.Key)));
            var address = ServerAddress.Find(parsed.GetValue(server), parsed.GetValue(token), parsed.GetValue(authority), mistakes);
            if (address is null && mistakes.Count == 0 && !parsed.GetValue(dryRun))
                mistakes.Add("Say which server: --server http://head:8080, or set DBATCH_SERVER. On this machine alone 'dbatch run' needs none.");
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            return parsed.GetValue(dryRun)
                ? PlanPrint.Print(request!, parsed.GetValue(json))
                : await SubmitAsync(request!, address!, parsed.GetValue(watch), parsed.GetValue(json), cancellation);
        });
        return verb;
    }

    private static IEnumerable<string> OnlyHere(RunRequest? request, bool watch, bool isolated)
    {
        if (request is { Spec.After.Count: > 0 } && !watch)
            yield return "after runs here once all chunks have succeeded: add --watch, so that submit is still here then.";
        if (isolated)
            yield return "--isolation is chosen by each host: dbatch consumer --isolation cgroup.";
        if (request is { Slots: not null })
            yield return "--slots is chosen by each host: dbatch consumer --slots N.";
    }

    private static async Task<int> SubmitAsync(RunRequest request, ServerAddress address, bool watch, bool json, CancellationToken cancellation)
    {
        await using var source = new HttpRunSource(address);
        var spec = request.Spec with { Id = RunId.New() };
        var around = new RunHooks(spec, Directory.GetCurrentDirectory());
        try
        {
            if (await around.BeforeAsync() is not ExitCode.Done and var before)
                return before;
            var answer = await SubmitUnderFreeNameAsync(source, spec, request.Named, cancellation);
            if (answer.Run is not { } run)
                return ErrorOutput.Usage(answer.Mistakes);
            if (watch)
            {
                var ended = await WatchCommand.FollowAsync(source, run, json, cancellation);
                return ended == ExitCode.Done ? await around.AfterAsync(source, cancellation) : ended;
            }

            Console.Out.WriteLine(json
                ? JsonSerializer.Serialize(new SubmittedJson(run, spec.Name, source.Place), CliJson.Readable.SubmittedJson)
                : $"Run {run} ({spec.Name}) is submitted. 'dbatch watch {run}' shows how it goes.");
            return ExitCode.Done;
        }
        catch (ServerException failure)
        {
            return ErrorOutput.Print(failure.Message, failure.ExitCode);
        }
    }

    /// <summary>Names are unique among unfinished runs; one that its user did not choose is made so by the run's id.</summary>
    private static async Task<RunCommandResult> SubmitUnderFreeNameAsync(HttpRunSource source, RunSpec spec, bool named, CancellationToken cancellation)
    {
        var answer = await source.SubmitAsync(spec, cancellation);
        return answer.Run is null && !named && answer.Mistakes is [var only] && only.Contains($"'{spec.Name}'", StringComparison.Ordinal)
            ? await source.SubmitAsync(spec with { Name = $"{spec.Name}-{spec.Id}" }, cancellation)
            : answer;
    }
}
