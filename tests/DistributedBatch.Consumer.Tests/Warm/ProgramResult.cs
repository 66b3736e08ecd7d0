using System.Text.RegularExpressions;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>What a user sees of a program that has ended: how it ended, its output and its error text.</summary>
internal sealed partial record ProgramResult(string How, string Stdout, string Stderr)
{
    public static ProgramResult Of(ProgramOutcome outcome, ProgramStart start) => new(
        outcome switch
        {
            ProgramOutcome.Exited exited => $"exit {exited.Code}",
            ProgramOutcome.Signalled signalled => $"signal {signalled.Signal}",
            ProgramOutcome.NotStarted not => $"not started: {not.Error}",
            ProgramOutcome.KilledRunner => "killed its runner",
            ProgramOutcome.RunnerLost runner => $"runner lost: {runner.Error}",
            _ => outcome.GetType().Name,
        },
        Read(start.StdoutPath),
        Read(start.StderrPath));

    private static string Read(string path) => File.Exists(path) ? Address().Replace(File.ReadAllText(path), "0x…") : "";

    [GeneratedRegex("0x[0-9a-f]{8,}")]
    private static partial Regex Address();
}
