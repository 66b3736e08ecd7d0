using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Commands;
using DistributedBatch.Consumer.Launcher;

return args switch
{
    // First of all: every run waits for its launcher, which needs nothing of the rest.
    [LauncherProgram.Command, ..] => LauncherProgram.Main(args),

    // Before the parser is even loaded: it is asked often, by scripts.
    ["version"] or ["--version"] => VersionCommand.Print(json: false),
    _ => await CommandTree.RunAsync(args),
};
