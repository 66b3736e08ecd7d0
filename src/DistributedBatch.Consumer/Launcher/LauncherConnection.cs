using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using CliWrap;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>The pipes to one launcher process, and the programs it runs. When the launcher died, the runner opens a new connection.</summary>
internal sealed partial class LauncherConnection : IAsyncDisposable
{
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(30);

    // For the launcher only, not for its programs. Without write-xor-execute it starts a fifth faster, because code pages are not mapped twice
    // (https://learn.microsoft.com/dotnet/core/runtime-config/wx).
    private static readonly Dictionary<string, string?> Variables = new()
    {
        ["DOTNET_EnableWriteXorExecute"] = "0",
        [LauncherProgram.OpenFilesVariable] = OpenFilesLimit.Inherited?.ToString(CultureInfo.InvariantCulture),
    };

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
    private volatile bool disposing;
    private int lastId;

    private LauncherConnection(LauncherOptions options, AttemptCgroups? groups, ILogger logger) => (this.options, this.groups, this.logger) = (options, groups, logger);

    /// <summary>Whether the launcher still takes requests.</summary>
    public bool IsAlive => !dead;

    /// <summary>Process id of the launcher.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Starts a launcher and waits for its first frame.</summary>
    /// <exception cref="InvalidOperationException">It did not start, or has another protocol version; the message says what to do.</exception>
    public static async Task<LauncherConnection> OpenAsync(LauncherOptions options, AttemptCgroups? groups, ILogger logger)
    {
        var connection = new LauncherConnection(options, groups, logger);
        connection.process = connection.ServeAsync();
        try
        {
            await connection.hello.Task.WaitAsync(HelloTimeout);
            connection.requests = await connection.stdin.Task;
        }
        catch (TimeoutException)
        {
            await connection.DisposeAsync();
            throw new InvalidOperationException(
                $"The launcher '{options.Path} {string.Join(' ', options.Arguments)}' did not answer within {HelloTimeout.TotalSeconds:0} s.");
        }

        return connection;
    }

    /// <summary>Requests the start of a program; its exit completes the result. Null when a text holds a NUL character.</summary>
    public PendingStart? Start(string program, ProgramStart start)
    {
        var request = new PendingStart(Interlocked.Increment(ref lastId), start);
        pending[request.Id] = request;
        lock (writing)
        {
            var bytes = frame.Write(request.Id, program, start);
            if (bytes.IsEmpty)
            {
                pending.TryRemove(request.Id, out _);
                return null;
            }

            Send(bytes);
        }

        if (dead)
            Lose(request);
        return request;
    }

    /// <summary>Sends a signal to the process group of a program; does nothing when it has ended.</summary>
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

    /// <summary>Ends the launcher, which kills the programs that it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        disposing = true;
        if (groups is not null && stdin.Task.IsCompletedSuccessfully)
        {
            lock (writing)
                SendDetach(stdin.Task.Result);
        }

        closing.TrySetResult();
        await process;
    }

    private void SendDetach(Stream to)
    {
        requests = to; // set here too, for a launcher that did not answer in time
        Send([1, 0, 0, 0, LauncherProtocol.Detach]);
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            requests.Write(bytes);
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            dead = true; // The reader sees the end of its pipe too and completes the pending requests.
        }
    }

    private async Task ServeAsync()
    {
        try
        {
            var result = await Cli.Wrap(options.Path)
                .WithArguments(groups is null ? options.Arguments : [.. options.Arguments, groups.Path])
                .WithEnvironmentVariables(Variables)
                .WithValidation(CommandResultValidation.None)
                .WithStandardInputPipe(PipeSource.Create(async (stream, _) =>
                {
                    stdin.TrySetResult(stream);
                    await closing.Task;
                }))
                .WithStandardOutputPipe(PipeTarget.Create((stream, _) =>
                    Task.Factory.StartNew(() => Read(stream), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)))
                .WithStandardErrorPipe(PipeTarget.ToDelegate(line => Stderr(logger, line)))
                .ExecuteAsync();
            if (!closing.Task.IsCompleted)
                Died(logger, ProcessId, result.ExitCode);
            Close($"The launcher ended with exit code {result.ExitCode} before it was ready; run '{options.Path} {LauncherProgram.Command}' by hand to see why.");
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Close($"The launcher '{options.Path}' could not be started: {failure.Message}");
        }
    }

    private void Read(Stream replies)
    {
        var buffer = new byte[64 << 10];
        var used = 0;
        try
        {
            for (int got; (got = replies.Read(buffer, used, buffer.Length - used)) > 0;)
            {
                used += got;
                var from = 0;
                for (int length; used - from >= 4 && used - from - 4 >= (length = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(from))); from += 4 + length)
                    Handle(buffer.AsSpan(from + 4, length));
                buffer.AsSpan(from, used - from).CopyTo(buffer);
                used -= from;
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The same as the end of the stream.
        }

        // Here and not after the wait for the process, because its pipe ends first.
        dead = true;
        closing.TrySetResult();
        LoseAll();
    }

    private void Handle(ReadOnlySpan<byte> reply)
    {
        var id = BinaryPrimitives.ReadInt32LittleEndian(reply[1..]);
        switch (reply[0])
        {
            case LauncherProtocol.Exited when pending.TryRemove(id, out var ended):
                ended.Start.Process?.Ended();
                ended.TrySetResult(new ChildExit(
                    id,
                    BinaryPrimitives.ReadInt32LittleEndian(reply[5..]),
                    BinaryPrimitives.ReadInt32LittleEndian(reply[9..]),
                    BinaryPrimitives.ReadInt64LittleEndian(reply[13..]),
                    BinaryPrimitives.ReadInt64LittleEndian(reply[21..]),
                    BinaryPrimitives.ReadInt64LittleEndian(reply[29..]),
                    BinaryPrimitives.ReadInt64LittleEndian(reply[37..]),
                    BinaryPrimitives.ReadInt64LittleEndian(reply[45..]),
                    (reply[53] & LauncherProtocol.StragglersFlag) != 0,
                    (reply[53] & LauncherProtocol.OomCountedFlag) == 0 ? null : (reply[53] & LauncherProtocol.OutOfMemoryFlag) != 0));
                break;
            case LauncherProtocol.NotStarted when pending.TryRemove(id, out var refused):
                refused.StartError = BinaryPrimitives.ReadInt32LittleEndian(reply[5..]);
                refused.TrySetResult(default);
                break;
            case LauncherProtocol.Started when pending.TryGetValue(id, out var started):
                started.ProcessId = BinaryPrimitives.ReadInt32LittleEndian(reply[5..]);
                started.Start.Process?.Started(started.ProcessId);
                break;
            case LauncherProtocol.Hello when id == LauncherProtocol.Version:
                ProcessId = BinaryPrimitives.ReadInt32LittleEndian(reply[5..]);
                hello.TrySetResult();
                break;
            case LauncherProtocol.Hello:
                Close($"The launcher has protocol version {id} and this program {LauncherProtocol.Version}; the program was replaced while it ran, start it again.");
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
        // Nobody reports how its programs end, so they are killed here, before their chunks run again.
        var lost = pending.Values.ToArray();
        if (lost.Length > 0)
            LauncherCrashCleanup.Kill(lost.Select(start => (start.ProcessId, start.Start.Environment)));
        if (ProcessId > 0)
            groups?.EndGroupsOf(ProcessId);
        foreach (var start in lost)
        {
            start.WasAlone = !disposing && lost.Length == 1;
            Lose(start);
        }
    }

    private void Lose(PendingStart start)
    {
        if (!pending.TryRemove(start.Id, out _))
            return;
        start.Start.Process?.Ended();
        start.LauncherDied = true;
        start.TrySetResult(default);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Launcher: {Line}")]
    private static partial void Stderr(ILogger logger, string line);

    [LoggerMessage(Level = LogLevel.Error, Message = "The launcher (process {Process}) died with exit code {ExitCode}; its attempts are stopped and released, and a new one is started.")]
    private static partial void Died(ILogger logger, int process, int exitCode);
}
