using System.ComponentModel;
using System.Diagnostics;
using CliWrap;
using DistributedBatch.Consumer.Launcher;

namespace DistributedBatch.Consumer.Processes;

/// <summary>
/// Runs programs without a launcher, wherever .NET runs. Through <c>setsid</c> where that exists, so that the group can be stopped as a whole. What it
/// cannot do: survive its own <c>kill -9</c>, reach double-forked children, measure exactly.
/// </summary>
internal sealed class PortableRunner(TimeProvider time) : IProgramRunner
{
    private static readonly string? SetSession = new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists);

    // How long pipes may stay open after the program ended before they are cut: whoever holds them is no longer the program.
    private static readonly TimeSpan PipePatience = TimeSpan.FromMilliseconds(200);

    private readonly ProgramLookup programs = new();

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(start);
        var (program, error) = programs.Find(start.Command[0], start.Environment.GetValueOrDefault("PATH") ?? "", start.WorkingDirectory);
        if (program is null)
            return new ProgramOutcome.NotStarted(error!);
        if (stop.IsCancellationRequested)
            return new ProgramOutcome.Stopped(ProgramUsage.None);

        using var cut = new CancellationTokenSource();
        var startedAt = Stopwatch.GetTimestamp();
        using var stdout = new FileStream(start.StdoutPath, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        using var stderr = new FileStream(start.StderrPath, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        CommandTask<CommandResult> task;
        try
        {
            task = Describe(program, start, stdout, stderr).ExecuteAsync(cut.Token);
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException or IOException)
        {
            return new ProgramOutcome.NotStarted(programs.Refusal(program, start, failure.Message));
        }

        return await WaitAsync(task, start, startedAt, cut, stop).ConfigureAwait(false);
    }

    private static Command Describe(string program, ProgramStart start, Stream stdout, Stream stderr)
    {
        IEnumerable<string> arguments = start.Command.Skip(1);
        var variables = Environment.GetEnvironmentVariables().Keys.Cast<string>().ToDictionary(name => name, string? (_) => null);
        foreach (var (name, value) in start.Environment)
            variables[name] = value;
        return Cli.Wrap(SetSession ?? program)
            .WithArguments(SetSession is null ? arguments : arguments.Prepend(program))
            .WithWorkingDirectory(start.WorkingDirectory)
            .WithEnvironmentVariables(variables)
            .WithStandardInputPipe(PipeSource.FromBytes(start.Stdin.ToArray()))
            .WithStandardOutputPipe(PipeTarget.ToStream(stdout))
            .WithStandardErrorPipe(PipeTarget.ToStream(stderr))
            .WithValidation(CommandResultValidation.None);
    }

    private async Task<ProgramOutcome> WaitAsync(
        CommandTask<CommandResult> task, ProgramStart start, long startedAt, CancellationTokenSource cut, CancellationToken stop)
    {
        using var process = Find(task.ProcessId);
        var exit = process?.WaitForExitAsync(CancellationToken.None) ?? task;
        var watched = Task.WhenAny(exit, task);
        var timedOut = false;
        try
        {
            await watched.WaitAsync(start.Timeout ?? Timeout.InfiniteTimeSpan, time, stop).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            timedOut = failure is TimeoutException;
            await StopAsync(task.ProcessId, watched, start.Grace).ConfigureAwait(false);
            await EndAsync(task, cut).ConfigureAwait(false);
            var stopped = new ProgramUsage(Stopwatch.GetElapsedTime(startedAt), TimeSpan.Zero, 0);
            return timedOut ? new ProgramOutcome.TimedOut(stopped) : new ProgramOutcome.Stopped(stopped);
        }

        Signal(task.ProcessId, Posix.SigKill);
        var code = await EndAsync(task, cut).ConfigureAwait(false) ?? process?.ExitCode ?? -1;
        var usage = new ProgramUsage(Stopwatch.GetElapsedTime(startedAt), TimeSpan.Zero, 0);

        // .NET tells a signal as 128 + its number, like a shell.
        return code is > 128 and < 160 && !OperatingSystem.IsWindows() ? new ProgramOutcome.Signalled(code - 128, usage) : new ProgramOutcome.Exited(code, usage);
    }

    private async Task StopAsync(int process, Task<Task> ended, TimeSpan grace)
    {
        Signal(process, Posix.SigTerm);
        try
        {
            await ended.WaitAsync(grace, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }

        Signal(process, Posix.SigKill);
        await ended.ConfigureAwait(false);
    }

    private async Task<int?> EndAsync(CommandTask<CommandResult> task, CancellationTokenSource cut)
    {
        try
        {
            return (await task.Task.WaitAsync(PipePatience, time).ConfigureAwait(false)).ExitCode;
        }
        catch (TimeoutException)
        {
            await cut.CancelAsync().ConfigureAwait(false);
            await task.Task.ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
            return null;
        }
    }

    private static Process? Find(int process)
    {
        try
        {
            return Process.GetProcessById(process);
        }
        catch (ArgumentException)
        {
            return null; // Gone already.
        }
    }

    private static void Signal(int process, int signal)
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Posix.Kill(SetSession is null ? process : -process, signal);
            return;
        }

        using var found = Find(process);
        found?.Kill(entireProcessTree: true);
    }
}
