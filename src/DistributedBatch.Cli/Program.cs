using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Commands;

return args switch
{
    // Before the parser is even loaded: it is asked often, by scripts.
    ["version"] or ["--version"] => VersionCommand.Print(json: false),
    _ => await CommandTree.RunAsync(args).ConfigureAwait(false),
};
