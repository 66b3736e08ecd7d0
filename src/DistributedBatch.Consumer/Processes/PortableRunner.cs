using System.ComponentModel;
using System.Diagnostics;
using CliWrap;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Processes;

/// <summary>
/// Runs programs without a launcher, wherever .NET runs. A shell opens the log files and then becomes the program, so that a process that keeps them
/// open cannot keep the attempt from ending. Where <c>setsid</c> exists, the program gets a process group of its own. Unlike the launcher, this
/// runner cannot end programs after <c>kill -9</c> of the consumer, cannot reach children that left the group, and measures only time.
/// </summary>
internal sealed class PortableRunner(TimeProvider time) : IProgramRunner
{
    private static readonly string OpenFiles = OpenFilesLimit.Inherited is { } limit ? $"ulimit -Sn {limit}; " : "";
    private const string Redirect = "exec >\"$1\" 2>\"$2\"; shift 2; exec \"$@\"";
    private static readonly string? SetSession = new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists);

    private readonly ProgramLookup programs = new();

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(start);
        var (program, error) = programs.Find(start.Command[0], start.Environment.GetValueOrDefault("PATH"), start.WorkingDirectory);
        if (program is null)
            return new ProgramOutcome.NotStarted(error!);
        if (stop.IsCancellationRequested)
            return new ProgramOutcome.Stopped(ProgramUsage.None);
        var startedAt = Stopwatch.GetTimestamp();
        CommandTask<CommandResult> task;
        try
        {
            task = Describe(program, start).ExecuteAsync(CancellationToken.None);
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException or IOException)
        {
            return new ProgramOutcome.NotStarted(programs.ExplainFailure(program, start, failure.Message));
        }

        return await WaitAsync(task, start, startedAt, stop);
    }

    private static Command Describe(string program, ProgramStart start)
    {
        var arguments = start.Command.Skip(1);
        var variables = Environment.GetEnvironmentVariables().Keys.Cast<string>().ToDictionary(name => name, string? (_) => null);
        foreach (var (name, value) in start.Environment)
            variables[name] = value;
        var command = Cli.Wrap(program).WithArguments(arguments)
            .WithStandardOutputPipe(PipeTarget.ToFile(start.StdoutPath))
            .WithStandardErrorPipe(PipeTarget.ToFile(start.StderrPath));
        if (!OperatingSystem.IsWindows())
        {
            var session = SetSession is null ? Enumerable.Empty<string>() : [SetSession];

            // The shell sets PWD, which is not in the program's environment.
            var script = OpenFiles + (start.Environment.ContainsKey("PWD") ? Redirect : $"unset PWD; {Redirect}");
            command = Cli.Wrap("/bin/sh").WithArguments(["-c", script, "sh", start.StdoutPath, start.StderrPath, .. session, program, .. arguments]);
        }

        return command
            .WithWorkingDirectory(start.WorkingDirectory)
            .WithEnvironmentVariables(variables)
            .WithStandardInputPipe(PipeSource.FromBytes(start.Stdin.ToArray()))
            .WithValidation(CommandResultValidation.None);
    }

    private async Task<ProgramOutcome> WaitAsync(CommandTask<CommandResult> task, ProgramStart start, long startedAt, CancellationToken stop)
    {
        try
        {
            var code = (await task.Task.WaitAsync(start.Timeout ?? Timeout.InfiniteTimeSpan, time, stop)).ExitCode;
            Signal(task.ProcessId, Posix.SigKill);
            var usage = Usage(startedAt);

            // .NET reports a signal as 128 and its number, like a shell.
            return code is > 128 and < 160 && !OperatingSystem.IsWindows() ? new ProgramOutcome.Signalled(code - 128, usage) : new ProgramOutcome.Exited(code, usage);
        }
        catch (TimeoutException)
        {
            await StopAsync(task, start.Grace);
            return new ProgramOutcome.TimedOut(Usage(startedAt));
        }
        catch (OperationCanceledException)
        {
            await StopAsync(task, start.Grace);
            return new ProgramOutcome.Stopped(Usage(startedAt));
        }
    }

    private static ProgramUsage Usage(long startedAt) => new(Stopwatch.GetElapsedTime(startedAt), TimeSpan.Zero, 0);

    private async Task StopAsync(CommandTask<CommandResult> task, TimeSpan grace)
    {
        Signal(task.ProcessId, Posix.SigTerm);
        try
        {
            await task.Task.WaitAsync(grace, time);
        }
        catch (TimeoutException)
        {
            // The program ignores SIGTERM.
        }

        Signal(task.ProcessId, Posix.SigKill);
        await task.Task;
    }

    private static void Signal(int process, int signal)
    {
        if (!OperatingSystem.IsWindows())
        {
            // Without a group, only the program itself can be signalled.
            _ = Posix.Kill(SetSession is null ? process : -process, signal);
            return;
        }

        try
        {
            using var found = Process.GetProcessById(process);
            found.Kill(entireProcessTree: true);
        }
        catch (ArgumentException)
        {
            // It has ended.
        }
    }
}
