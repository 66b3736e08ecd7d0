using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>Runs programs through the launcher, and starts a new launcher when the old one died.</summary>
/// <param name="options">How to start it.</param>
/// <param name="time">Clock for timeouts and grace periods.</param>
/// <param name="logger">For what the launcher says and how it ended.</param>
/// <param name="groups">Control groups for the programs; null for none.</param>
internal sealed class LauncherRunner(LauncherOptions options, TimeProvider time, ILogger<LauncherRunner> logger, AttemptCgroups? groups = null) : IProgramRunner, IAsyncDisposable
{
    private readonly ProgramLookup programs = new();
    private readonly SemaphoreSlim opening = new(1);
    private LauncherConnection? connection;
    private bool disposed;

    /// <summary>Process id of the launcher in use; 0 before the first start.</summary>
    public int LauncherProcess => connection?.ProcessId ?? 0;

    /// <summary>Starts the launcher ahead of the first program, so that its start-up overlaps with everything else's.</summary>
    public async Task WarmUpAsync()
    {
        try
        {
            await ConnectAsync();
        }
        catch (InvalidOperationException)
        {
            // The first program hears the reason.
        }
    }

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(start);
        var (program, error) = programs.Find(start.Command[0], start.Environment.GetValueOrDefault("PATH") ?? "/usr/bin:/bin", start.WorkingDirectory);
        if (program is null)
            return new ProgramOutcome.NotStarted(error!);

        LauncherConnection launcher;
        try
        {
            launcher = connection is { Alive: true } open ? open : await ConnectAsync();
        }
        catch (InvalidOperationException failure)
        {
            return new ProgramOutcome.RunnerLost(failure.Message);
        }

        if (stop.IsCancellationRequested)
            return new ProgramOutcome.Stopped(ProgramUsage.None);
        if (launcher.Start(program, start) is not { } started)
            return new ProgramOutcome.NotStarted("The command or environment of the chunk holds a NUL character, which no program can be given; check the items.");

        var ending = stop.CanBeCanceled || start.Timeout is not null
            ? await WatchAsync(launcher, started, stop)
            : await started.Task;
        return Outcome(program, started, ending);
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

    private async Task<LauncherConnection> ConnectAsync()
    {
        await opening.WaitAsync();
        try
        {
            if (connection is { Alive: true } open)
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

    private async Task<ChildEnding> WatchAsync(LauncherConnection launcher, PendingStart started, CancellationToken stop)
    {
        ITimer? grace = null;

        // A timer kills once more for the case that the program forked at the very moment; it goes on until the launcher says that it ended.
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

    private ProgramOutcome Outcome(string program, PendingStart started, in ChildEnding ending)
    {
        if (started.LauncherLost)
            return new ProgramOutcome.RunnerLost("The launcher died while the program ran; the program was stopped with it.");
        if (started.Refused < 0)
        {
            return new ProgramOutcome.NotStarted(
                $"The attempt could not be put into a control group of its own ({new System.ComponentModel.Win32Exception(-started.Refused).Message}); see to that, or start the host without --isolation.");
        }

        if (started.Refused != 0)
        {
            var cause = new System.ComponentModel.Win32Exception(started.Refused).Message;
            return new ProgramOutcome.NotStarted(programs.Refusal(program, started.Start, cause));
        }

        var usage = new ProgramUsage(
            TimeSpan.FromMicroseconds(ending.WallMicroseconds), TimeSpan.FromMicroseconds(ending.ProcessorMicroseconds), ending.PeakBytes,
            ending.ReadBytes, ending.WrittenBytes);
        return started.StoppedFor switch
        {
            PendingStart.StopCause.Asked => new ProgramOutcome.Stopped(usage) { Stragglers = ending.Stragglers },
            PendingStart.StopCause.Timeout => new ProgramOutcome.TimedOut(usage) { Stragglers = ending.Stragglers },
            _ when ending.Signal != 0 => new ProgramOutcome.Signalled(ending.Signal, usage, ending.OutOfMemory) { Stragglers = ending.Stragglers },

            // The kernel chose a child of it, and it could do nothing but give up.
            _ when ending is { OutOfMemory: true, ExitCode: not 0 } => new ProgramOutcome.Signalled(Posix.SigKill, usage, OutOfMemory: true) { Stragglers = ending.Stragglers },
            _ => new ProgramOutcome.Exited(ending.ExitCode, usage) { Stragglers = ending.Stragglers },
        };
    }
}
