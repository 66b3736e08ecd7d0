using DistributedBatch.Cli;
using DistributedBatch.Cli.Commands;
using DistributedBatch.Consumer.Launcher;

return args switch
{
    // The launcher comes first: every run waits for it, and it needs nothing of the rest.
    [LauncherProgram.Command, ..] => LauncherProgram.Main(args),

    // Scripts ask for the version often, so it is printed before the parser is loaded.
    ["version"] or ["--version"] => VersionCommand.Print(json: false),
    _ => await CommandTree.RunAsync(args),
};
