using CliWrap;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.JobFile;
using DistributedBatch.Contracts.Jobs;

namespace DistributedBatch.Cli.Embedded;

/// <summary>Runs the <c>before:</c> or <c>after:</c> command of a run, where the user stands, with its output on standard error.</summary>
internal static class CommandAround
{
    /// <summary>Runs the command to its end and gives the exit code for the shell; a failure has been told.</summary>
    /// <param name="role"><c>before</c> or <c>after</c>.</param>
    /// <param name="words">The command; <c>{out}</c> is the run's output directory.</param>
    /// <param name="record">The run.</param>
    /// <param name="signals">Ends it early.</param>
    /// <param name="remedy">How things stand when it does not succeed, and what to do then: who runs it knows.</param>
    public static async Task<int> RunAsync(string role, IReadOnlyList<string> words, RunRecord record, StopSignals signals, string remedy)
    {
        var command = words.Select(word => Template.Parse(word).Fill(name => name switch
        {
            "out" => record.OutputDirectory,
            "run" => record.Run.Value,
            _ => $"{{{name}}}",
        })).ToList();
        Console.Error.WriteLine($"{role}: {CommandText.Join(command)}");
        Directory.CreateDirectory(record.OutputDirectory);
        try
        {
            await using var output = Console.OpenStandardError();
            var program = command[0].Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(command[0], record.WorkingDirectory) : command[0];
            var result = await CliWrap.Cli.Wrap(program)
                .WithArguments(command.Skip(1))
                .WithWorkingDirectory(record.WorkingDirectory)
                .WithEnvironmentVariables(EnvironmentOf(record)!)
                .WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(PipeTarget.ToStream(output))
                .WithStandardErrorPipe(PipeTarget.ToStream(output))
                .ExecuteAsync(signals.Kill, signals.Drain);
            if (result.IsSuccess)
                return ExitCode.Done;
            return ErrorOutput.Print(
                $"The {role} command of run {record.Name} ended with exit code {result.ExitCode}: {CommandText.Join(command)}. {remedy}", ExitCode.SomeFailed);
        }
        catch (OperationCanceledException)
        {
            return ErrorOutput.Print($"The {role} command of run {record.Name} was interrupted. {remedy}", ExitCode.Interrupted);
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            return ErrorOutput.Print($"The {role} command of run {record.Name} cannot be started ({failure.Message}). {remedy}", ExitCode.SomeFailed);
        }
    }

    private static Dictionary<string, string> EnvironmentOf(RunRecord record) => new(record.Env)
    {
        ["DBATCH_RUN"] = record.Run.Value,
        ["DBATCH_OUT"] = record.OutputDirectory,
    };
}
