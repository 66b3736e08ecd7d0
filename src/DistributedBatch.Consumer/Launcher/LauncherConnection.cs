using System.Buffers.Binary;
using System.Collections.Concurrent;
using CliWrap;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>One life of a launcher process: its pipes, and the programs it was asked to run. Never restarted; the runner opens a new one.</summary>
internal sealed partial class LauncherConnection : IAsyncDisposable
{
    private static readonly TimeSpan HelloPatience = TimeSpan.FromSeconds(30);

    // For the launcher alone, whose programs get their environment with each start. It compiles little and waits for nobody: mapping every page of code twice, to
    // keep it unwritable, is a fifth of its start (https://learn.microsoft.com/dotnet/core/runtime-config/wx).
    private static readonly Dictionary<string, string?> QuickStart = new() { ["DOTNET_EnableWriteXorExecute"] = "0" };

    private readonly ConcurrentDictionary<int, PendingStart> pending = new();
    private readonly TaskCompletionSource<Stream> stdin = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock writing = new();
    private readonly StartFrame frame = new();
    private readonly byte[] signalFrame = new byte[LauncherProtocol.HeaderBytes + 8];
    private readonly ILogger logger;
    private readonly LauncherOptions options;
    private readonly AttemptCgroups? groups;
    private Task process = Task.CompletedTask;
    private Stream requests = Stream.Null;
    private volatile bool dead;
    private int lastId;

    private LauncherConnection(LauncherOptions options, AttemptCgroups? groups, ILogger logger) => (this.options, this.groups, this.logger) = (options, groups, logger);

    /// <summary>Whether it still takes requests.</summary>
    public bool Alive => !dead;

    /// <summary>Process id of the launcher.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Starts a launcher and waits for its greeting.</summary>
    /// <exception cref="InvalidOperationException">It did not start or does not speak our version; the message says what to do.</exception>
    public static async Task<LauncherConnection> OpenAsync(LauncherOptions options, AttemptCgroups? groups, ILogger logger)
    {
        var connection = new LauncherConnection(options, groups, logger);
        connection.process = connection.ServeAsync();
        try
        {
            await connection.hello.Task.WaitAsync(HelloPatience);
            connection.requests = await connection.stdin.Task;
        }
        catch (TimeoutException)
        {
            await connection.DisposeAsync();
            throw new InvalidOperationException(
                $"The launcher '{options.Path} {string.Join(' ', options.Arguments)}' did not answer within {HelloPatience.TotalSeconds:0} s.");
        }

        return connection;
    }

    /// <summary>Asks for a program; its ending completes the result. Null when a text of it holds a NUL character.</summary>
    public PendingStart? Start(string program, ProgramStart start)
    {
        var asked = new PendingStart(Interlocked.Increment(ref lastId), start);
        pending[asked.Id] = asked;
        lock (writing)
        {
            var bytes = frame.Write(asked.Id, program, start);
            if (bytes.IsEmpty)
            {
                pending.TryRemove(asked.Id, out _);
                return null;
            }

            Send(bytes);
        }

        if (dead)
            Lose(asked);
        return asked;
    }

    /// <summary>Sends a signal to the whole group of a program; does nothing when it has ended.</summary>
    public void Signal(PendingStart started, int signal)
    {
        lock (writing)
        {
            BinaryPrimitives.WriteInt32LittleEndian(signalFrame, 9);
            signalFrame[4] = LauncherProtocol.Signal;
            BinaryPrimitives.WriteInt32LittleEndian(signalFrame.AsSpan(5), started.Id);
            BinaryPrimitives.WriteInt32LittleEndian(signalFrame.AsSpan(9), signal);
            Send(signalFrame);
        }
    }

    /// <summary>Ends the launcher; whatever it still runs is killed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (groups is not null && stdin.Task.IsCompletedSuccessfully)
        {
            lock (writing)
                SendLeave(stdin.Task.Result);
        }

        closing.TrySetResult();
        await process;
    }

    private void SendLeave(Stream to)
    {
        requests = to; // a launcher that did not greet in time reads it all the same
        Send([1, 0, 0, 0, LauncherProtocol.Leave]);
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            requests.Write(bytes);
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            dead = true; // The reader loop sees the end of the pipe too and settles what was pending.
        }
    }

    private async Task ServeAsync()
    {
        try
        {
            var result = await Cli.Wrap(options.Path)
                .WithArguments(groups is null ? options.Arguments : [.. options.Arguments, groups.Path])
                .WithEnvironmentVariables(QuickStart)
                .WithValidation(CommandResultValidation.None)
                .WithStandardInputPipe(PipeSource.Create(async (stream, _) =>
                {
                    stdin.TrySetResult(stream);
                    await closing.Task;
                }))
                .WithStandardOutputPipe(PipeTarget.Create((stream, _) =>
                    Task.Factory.StartNew(() => Read(stream), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)))
                .WithStandardErrorPipe(PipeTarget.ToDelegate(line => Said(logger, line)))
                .ExecuteAsync();
            if (!closing.Task.IsCompleted)
                Ended(logger, ProcessId, result.ExitCode);
            Close($"The launcher ended with exit code {result.ExitCode} before it greeted; run '{options.Path} {LauncherProgram.Command}' by hand to see why.");
        }
        catch (Exception failure) when (failure is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
        {
            Close($"The launcher '{options.Path}' could not be started: {failure.Message}");
        }
    }

    private void Read(Stream answers)
    {
        var buffer = new byte[64 << 10];
        var used = 0;
        try
        {
            for (int got; (got = answers.Read(buffer, used, buffer.Length - used)) > 0;)
            {
                used += got;
                var from = 0;
                for (int length; used - from >= 4 && used - from - 4 >= (length = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(from))); from += 4 + length)
                    Take(buffer.AsSpan(from + 4, length));
                buffer.AsSpan(from, used - from).CopyTo(buffer);
                used -= from;
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The same as its end.
        }

        // Here and not when the process was waited for: its pipe ends first, and nothing it was asked may wait for ever.
        dead = true;
        closing.TrySetResult();
        LoseAll();
    }

    private void Take(ReadOnlySpan<byte> answer)
    {
        var id = BinaryPrimitives.ReadInt32LittleEndian(answer[1..]);
        switch (answer[0])
        {
            case LauncherProtocol.Exited when pending.TryRemove(id, out var ended):
                ended.TrySetResult(new ChildEnding(
                    id,
                    BinaryPrimitives.ReadInt32LittleEndian(answer[5..]),
                    BinaryPrimitives.ReadInt32LittleEndian(answer[9..]),
                    BinaryPrimitives.ReadInt64LittleEndian(answer[13..]),
                    BinaryPrimitives.ReadInt64LittleEndian(answer[21..]),
                    BinaryPrimitives.ReadInt64LittleEndian(answer[29..]),
                    BinaryPrimitives.ReadInt64LittleEndian(answer[37..]),
                    BinaryPrimitives.ReadInt64LittleEndian(answer[45..]),
                    (answer[53] & LauncherProtocol.StragglersMark) != 0,
                    (answer[53] & LauncherProtocol.MemoryWatchedMark) == 0 ? null : (answer[53] & LauncherProtocol.OutOfMemoryMark) != 0));
                break;
            case LauncherProtocol.Refused when pending.TryRemove(id, out var refused):
                refused.Refused = BinaryPrimitives.ReadInt32LittleEndian(answer[5..]);
                refused.TrySetResult(default);
                break;
            case LauncherProtocol.Started when pending.TryGetValue(id, out var started):
                started.Process = BinaryPrimitives.ReadInt32LittleEndian(answer[5..]);
                started.Start.OnLongRunning?.Invoke(started.Process);
                break;
            case LauncherProtocol.Hello when id == LauncherProtocol.Version:
                ProcessId = BinaryPrimitives.ReadInt32LittleEndian(answer[5..]);
                hello.TrySetResult();
                break;
            case LauncherProtocol.Hello:
                Close($"The launcher speaks version {id} and this program {LauncherProtocol.Version}; the program was replaced while it ran, start it again.");
                break;
        }
    }

    private void Close(string reason)
    {
        dead = true;
        hello.TrySetException(new InvalidOperationException(reason));
        closing.TrySetResult();
        LoseAll();
    }

    private void LoseAll()
    {
        // Its programs have lost their keeper: nobody reaps them or tells how they ended, so they are ended here before their chunks run anew.
        var lost = pending.Values.ToArray();
        if (lost.Length > 0)
            LauncherCrashCleanup.Kill(lost.Select(start => (start.Process, start.Start.Environment)));
        if (ProcessId > 0)
            groups?.EndThoseOf(ProcessId);
        foreach (var start in lost)
            Lose(start);
    }

    private void Lose(PendingStart start)
    {
        if (!pending.TryRemove(start.Id, out _))
            return;
        start.LauncherLost = true;
        start.TrySetResult(default);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Launcher: {Line}")]
    private static partial void Said(ILogger logger, string line);

    [LoggerMessage(Level = LogLevel.Error, Message = "The launcher (process {Process}) died with exit code {ExitCode}; its attempts are stopped and released, and a new one is started.")]
    private static partial void Ended(ILogger logger, int process, int exitCode);
}
