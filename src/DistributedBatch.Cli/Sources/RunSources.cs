using System.CommandLine;
using DistributedBatch.Cli.Checks;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Cli.Sources;

/// <summary>The options that say where to ask, and what they open.</summary>
internal sealed class RunSources
{
    private readonly Option<string> server = new("--server") { HelpName = "URL", Description = "ask this server [DBATCH_SERVER]; default: the state directory here" };
    private readonly Option<string> token = new("--token") { HelpName = "TOKEN", Description = "operator token [DBATCH_TOKEN, DBATCH_TOKEN_FILE]" };
    private readonly Option<string> authority = ServerAddress.AuthorityOption();
    private readonly Option<string> state = new("--state") { HelpName = "DIR", Description = "state directory of dbatch run [DBATCH_STATE]; default .dbatch" };

    /// <summary>Adds the options to <paramref name="verb"/>.</summary>
    public RunSources(Command verb)
    {
        verb.Options.Add(server);
        verb.Options.Add(token);
        verb.Options.Add(authority);
        verb.Options.Add(state);
    }

    /// <summary>The source that was asked for; null when there is none, and then it has been said why.</summary>
    public IRunSource? Open(ParseResult parsed, out int exitCode)
    {
        exitCode = ExitCode.Done;
        var directory = parsed.GetValue(state);
        var mistakes = new List<string>();
        var address = ServerAddress.Find(parsed.GetValue(server), parsed.GetValue(token), parsed.GetValue(authority), mistakes);
        if (mistakes.Count > 0)
        {
            exitCode = ErrorOutput.Usage(mistakes);
            return null;
        }

        if (address is not null && (directory is null || parsed.GetValue(server) is not null))
            return new HttpRunSource(address);
        var path = directory is null ? LocalState.Default(Directory.GetCurrentDirectory()) : Path.GetFullPath(directory);
        if (TrackerDatabase.TryOpenExisting(path, out var database, out var problem))
            return new LocalRunSource(database);
        exitCode = ErrorOutput.Usage(File.Exists(Path.Combine(path, TrackerDatabase.FileName))
            ? problem
            : $"There are no runs in {path}. Start one with 'dbatch run', go to the directory where you did, or name a server with --server URL.");
        return null;
    }
}
