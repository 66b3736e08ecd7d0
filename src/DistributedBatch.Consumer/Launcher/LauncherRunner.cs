using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>Runs programs through the launcher, and starts a new launcher when the last one died.</summary>
/// <param name="options">How to start the launcher.</param>
/// <param name="time">Clock for timeouts and grace periods.</param>
/// <param name="logger">For the launcher's error output and its death.</param>
/// <param name="groups">Control groups for the programs; null for none.</param>
/// <param name="suspects">Chunks that get a launcher of their own; null when nobody else knows any.</param>
internal sealed class LauncherRunner(
    LauncherOptions options, TimeProvider time, ILogger<LauncherRunner> logger, AttemptCgroups? groups = null, RunnerSuspects? suspects = null)
    : IProgramRunner, IAsyncDisposable
{
    private readonly ProgramLookup programs = new();
    private readonly RunnerSuspects suspects = suspects ?? new RunnerSuspects();
    private readonly SemaphoreSlim opening = new(1);
    private LauncherConnection? connection;
    private bool disposed;

    /// <summary>Process id of the current launcher; 0 before the first start.</summary>
    public int LauncherProcess => connection?.ProcessId ?? 0;

    /// <summary>Starts the launcher before the first program, in parallel with the rest of the host.</summary>
    public async Task WarmUpAsync()
    {
        try
        {
            await ConnectAsync();
        }
        catch (InvalidOperationException)
        {
            // The first program reports the reason.
        }
    }

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(start);
        var (program, error) = programs.Find(start.Command[0], start.Environment.GetValueOrDefault("PATH"), start.WorkingDirectory);
        if (program is null)
            return new ProgramOutcome.NotStarted(error!);

        var isSuspect = suspects.Contains(start);
        LauncherConnection launcher;
        try
        {
            launcher = isSuspect ? await LauncherConnection.OpenAsync(options, groups, logger)
                : connection is { IsAlive: true } open ? open : await ConnectAsync();
        }
        catch (InvalidOperationException failure)
        {
            return new ProgramOutcome.RunnerLost(failure.Message);
        }

        return isSuspect ? await RunAloneAsync(launcher, program, start, stop) : await RunAsync(launcher, program, start, stop);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        disposed = true;
        await opening.WaitAsync();
        try
        {
            if (connection is not null)
                await connection.DisposeAsync();
        }
        finally
        {
            opening.Release();
        }
    }

    private async Task<ProgramOutcome> RunAloneAsync(LauncherConnection launcher, string program, ProgramStart start, CancellationToken stop)
    {
        await using (launcher)
        {
            var outcome = await RunAsync(launcher, program, start, stop);
            if (outcome is not ProgramOutcome.KilledRunner)
                suspects.Remove(start);
            return outcome;
        }
    }

    private async Task<ProgramOutcome> RunAsync(LauncherConnection launcher, string program, ProgramStart start, CancellationToken stop)
    {
        if (stop.IsCancellationRequested)
            return new ProgramOutcome.Stopped(ProgramUsage.None);
        if (launcher.Start(program, start) is not { } started)
            return new ProgramOutcome.NotStarted("The command or environment of the chunk has a NUL character, which no program can receive; check the items.");
        try
        {
            var exit = stop.CanBeCanceled || start.Timeout is not null
                ? await WatchAsync(launcher, started, stop)
                : await started.Task;
            return Outcome(program, started, exit);
        }
        finally
        {
            // After a failure here, the program must not run on without anybody who watches it.
            if (!started.Task.IsCompleted)
                launcher.Signal(started, Posix.SigKill);
        }
    }

    private async Task<LauncherConnection> ConnectAsync()
    {
        await opening.WaitAsync();
        try
        {
            if (connection is { IsAlive: true } open)
                return open;
            if (disposed)
                throw new InvalidOperationException("The consumer is stopping.");
            if (connection is not null)
                await connection.DisposeAsync();
            return connection = await LauncherConnection.OpenAsync(options, groups, logger);
        }
        finally
        {
            opening.Release();
        }
    }

    private async Task<ChildExit> WatchAsync(LauncherConnection launcher, PendingStart started, CancellationToken stop)
    {
        ITimer? grace = null;

        // The timer kills every second until the program has ended, because it may fork at the moment of a kill.
        void Stop(PendingStart.StopCause cause)
        {
            lock (started)
            {
                if (started.StoppedFor is not null || started.Task.IsCompleted)
                    return;
                started.StoppedFor = cause;
                if (started.Start.Grace > TimeSpan.Zero)
                    launcher.Signal(started, Posix.SigTerm);
                grace = time.CreateTimer(_ => launcher.Signal(started, Posix.SigKill), null, started.Start.Grace, TimeSpan.FromSeconds(1));
            }
        }

        var registration = stop.UnsafeRegister(_ => Stop(PendingStart.StopCause.Asked), null);
        var limit = started.Start.Timeout is { } timeout
            ? time.CreateTimer(_ => Stop(PendingStart.StopCause.Timeout), null, timeout, Timeout.InfiniteTimeSpan)
            : null;
        try
        {
            return await started.Task;
        }
        finally
        {
            await registration.DisposeAsync();
            if (limit is not null)
                await limit.DisposeAsync();
            lock (started)
                grace?.Dispose();
        }
    }

    private ProgramOutcome Outcome(string program, PendingStart started, in ChildExit exit)
    {
        if (started.LauncherDied)
        {
            suspects.Add(started.Start);
            return started.WasAlone
                ? new ProgramOutcome.KilledRunner("The program's parent process, the launcher, was killed while only this program ran; a program must not kill its parent ($PPID).")
                : new ProgramOutcome.RunnerLost("The launcher died while the program ran; the program was stopped with it.");
        }

        if (started.StartError < 0)
        {
            return new ProgramOutcome.NotStarted(
                $"The attempt could not get a control group of its own ({new System.ComponentModel.Win32Exception(-started.StartError).Message}); repair that, or start the host without --isolation.");
        }

        if (started.StartError != 0)
        {
            var cause = new System.ComponentModel.Win32Exception(started.StartError).Message;
            return new ProgramOutcome.NotStarted(programs.ExplainFailure(program, started.Start, cause));
        }

        var usage = new ProgramUsage(
            TimeSpan.FromMicroseconds(exit.WallMicroseconds), TimeSpan.FromMicroseconds(exit.ProcessorMicroseconds), exit.PeakBytes,
            exit.ReadBytes, exit.WrittenBytes);
        return started.StoppedFor switch
        {
            PendingStart.StopCause.Asked => new ProgramOutcome.Stopped(usage) { Stragglers = exit.Stragglers },
            PendingStart.StopCause.Timeout => new ProgramOutcome.TimedOut(usage) { Stragglers = exit.Stragglers },
            _ when exit.Signal != 0 => new ProgramOutcome.Signalled(exit.Signal, usage, exit.OutOfMemory) { Stragglers = exit.Stragglers },

            // The kernel killed a child for lack of memory, and the program gave up.
            _ when exit is { OutOfMemory: true, ExitCode: not 0 } => new ProgramOutcome.Signalled(Posix.SigKill, usage, OutOfMemory: true) { Stragglers = exit.Stragglers },
            _ => new ProgramOutcome.Exited(exit.ExitCode, usage) { Stragglers = exit.Stragglers },
        };
    }
}
