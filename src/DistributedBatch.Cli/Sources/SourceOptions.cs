using System.CommandLine;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Cli.State;
using DistributedBatch.Cli.Text;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Cli.Sources;

/// <summary>The options that choose the source of runs: <c>--server</c>, <c>--token</c>, <c>--ca</c>, <c>--state</c>.</summary>
internal sealed class SourceOptions
{
    private readonly Option<string> server = new("--server") { HelpName = "URL", Description = "ask this server [DBATCH_SERVER]; default: the state directory on this machine" };
    private readonly Option<string> token = new("--token") { HelpName = "TOKEN", Description = "operator token [DBATCH_TOKEN, DBATCH_TOKEN_FILE]" };
    private readonly Option<string> authority = ServerAddress.AuthorityOption();
    private readonly Option<string> state = new("--state") { HelpName = "DIR", Description = "state directory of dbatch run [DBATCH_STATE]; default .dbatch" };

    /// <summary>Adds the options to <paramref name="command"/>.</summary>
    public SourceOptions(Command command)
    {
        command.Options.Add(server);
        command.Options.Add(token);
        command.Options.Add(authority);
        command.Options.Add(state);
    }

    /// <summary>Opens the source; null when that is impossible, and then the error is printed.</summary>
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
        var path = directory is null ? StateDirectory.DefaultPath(Directory.GetCurrentDirectory()) : Path.GetFullPath(HomePath.Expand(directory));
        if (TrackerDatabase.TryOpenExisting(path, out var database, out var problem))
            return new LocalRunSource(database);
        exitCode = ErrorOutput.Usage(File.Exists(Path.Combine(path, TrackerDatabase.FileName))
            ? problem
            : $"There are no runs in {path}. Start a run with 'dbatch run', change to the directory of an earlier run, or name a server with --server URL.");
        return null;
    }
}
