using CliWrap;
using DistributedBatch.Cli.Hosting;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Jobs;
using DistributedBatch.Tracker.Logs;

namespace DistributedBatch.Cli.Hooks;

/// <summary>Runs the <c>before:</c> or <c>after:</c> command of a run on this machine. The command's output goes to standard error.</summary>
/// <param name="Run">The run; the command finds it in <c>DBATCH_RUN</c>.</param>
/// <param name="Name">Name of the run, for messages.</param>
/// <param name="WorkingDirectory">Directory the command runs in.</param>
/// <param name="OutputDirectory">The run's output directory; the command finds it in <c>DBATCH_OUT</c> and as <c>{out}</c>.</param>
/// <param name="Env">Variables of the attempts, which the command gets too.</param>
internal sealed record HookCommand(RunId Run, string Name, string WorkingDirectory, string OutputDirectory, IReadOnlyDictionary<string, string> Env)
{
    /// <summary>Runs the command to its end. Prints an error when the command does not succeed, and gives the exit code of the program.</summary>
    /// <param name="kind"><c>before</c> or <c>after</c>.</param>
    /// <param name="words">The command, with placeholders.</param>
    /// <param name="signals">Ends the command early.</param>
    /// <param name="remedy">What to do when the command does not succeed; the caller knows.</param>
    public async Task<int> RunAsync(string kind, IReadOnlyList<string> words, StopSignals signals, string remedy)
    {
        var command = words.Select(word => Template.Parse(word).Fill(name => name switch
        {
            "out" => OutputDirectory,
            "run" => Run.Value,
            _ => $"{{{name}}}",
        })).ToList();
        Console.Error.WriteLine($"{kind}: {SafeText.Of(CommandText.Join(command))}");
        Directory.CreateDirectory(OutputDirectory);
        try
        {
            await using var output = StandardStreams.OpenError();
            var program = command[0].Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(command[0], WorkingDirectory) : command[0];
            var result = await CliWrap.Cli.Wrap(program)
                .WithArguments(command.Skip(1))
                .WithWorkingDirectory(WorkingDirectory)
                .WithEnvironmentVariables(new Dictionary<string, string?>(Env!) { ["DBATCH_RUN"] = Run.Value, ["DBATCH_OUT"] = OutputDirectory })
                .WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(PipeTarget.ToStream(output))
                .WithStandardErrorPipe(PipeTarget.ToStream(output))
                .ExecuteAsync(signals.Kill, signals.Drain);
            return result.IsSuccess
                ? ExitCode.Done
                : ErrorOutput.Print($"The {kind} command of run {Name} exited with code {result.ExitCode}: {CommandText.Join(command)}. {remedy}", ExitCode.SomeFailed);
        }
        catch (OperationCanceledException)
        {
            return ErrorOutput.Print($"The {kind} command of run {Name} was interrupted. {remedy}", ExitCode.Interrupted);
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            return ErrorOutput.Print($"The {kind} command of run {Name} cannot be started ({failure.Message}). {remedy}", ExitCode.SomeFailed);
        }
    }
}
