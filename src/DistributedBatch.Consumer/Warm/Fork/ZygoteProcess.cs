using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using CliWrap;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>
/// One zygote: a Python interpreter that has done the imports of a script and forks once per chunk. We talk to it in JSON lines. It ends when its
/// input is closed, so it cannot outlive us.
/// </summary>
internal sealed partial class ZygoteProcess : IAsyncDisposable
{
    private const int MaxStderr = 4096;

    private readonly ZygoteKey key;
    private readonly ILogger logger;
    private readonly AttemptCgroups? groups;
    private readonly Channel<ReadOnlyMemory<byte>> requests = Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<long, ZygoteJob> jobs = new();
    private readonly TaskCompletionSource<ZygoteEvent> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource kill = new();
    private readonly StringBuilder stderr = new();
    private Task finished = Task.CompletedTask;
    private long lastId;
    private volatile bool hasEnded;

    private ZygoteProcess(ZygoteKey key, AttemptCgroups? groups, ILogger logger)
    {
        this.key = key;
        this.groups = groups;
        this.logger = logger;
    }

    /// <summary>Its first event, <c>ready</c>.</summary>
    public ZygoteEvent Hello { get; private set; } = new() { Event = "" };

    /// <summary>Process id.</summary>
    public int Pid => Hello.Pid;

    /// <summary>Number of forks so far.</summary>
    public long Forks => Interlocked.Read(ref lastId);

    /// <summary>Number of jobs that have not ended.</summary>
    public int RunningJobs => jobs.Count;

    /// <summary>Whether the imports of the script have changed since it started.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => hasEnded;

    /// <summary>Whether it died while it ran one program, which is then to blame.</summary>
    public bool WasKilledByJob { get; private set; }

    // The last 4 KiB of its standard error.
    private string StderrTail
    {
        get
        {
            lock (stderr)
                return stderr.ToString().Trim();
        }
    }

    /// <summary>
    /// Starts a zygote and waits until it has done the imports. When a module makes forking unsafe, because it starts threads or keeps what forks
    /// must not share, another zygote is started that leaves it and all modules after it to the jobs.
    /// </summary>
    public static async Task<ZygoteStartResult> StartAsync(ZygoteKey key, TimeSpan limit, AttemptCgroups? groups, TimeProvider time, ILogger logger)
    {
        var excluded = new Dictionary<string, string>();
        while (true)
        {
            var zygote = new ZygoteProcess(key, groups, logger);
            zygote.Start(excluded);
            ZygoteEvent hello;
            try
            {
                hello = await zygote.ready.Task.WaitAsync(limit, time);
            }
            catch (TimeoutException)
            {
                await zygote.DisposeAsync();
                return new ZygoteStartResult.Unsupported($"the imports took longer than {limit.TotalSeconds:0} s");
            }

            if (hello.Event == "ready")
            {
                zygote.Hello = hello;
                LogReady(logger, key, hello.Pid, hello.Imported.Count, hello.Seconds);
                return new ZygoteStartResult.Ready(zygote);
            }

            await zygote.DisposeAsync();
            if (hello.Event != "unsafe" || !excluded.TryAdd(hello.Module!, hello.Reason!))
                return new ZygoteStartResult.Unsupported(hello.Reason ?? "the interpreter ended while it was importing");
        }
    }

    /// <summary>Requests a fork.</summary>
    /// <param name="op"><c>run</c> or <c>keep</c>.</param>
    /// <param name="write">Writes the members that the operation needs.</param>
    /// <param name="process">Receives its process id; null when that is not needed.</param>
    /// <param name="memoryLimit">Bytes that its control group may hold; 0 for no limit.</param>
    public ZygoteJob Fork(string op, Action<Utf8JsonWriter> write, ProgramProcess? process = null, long memoryLimit = 0)
    {
        var id = Interlocked.Increment(ref lastId);
        var error = 0;
        var cgroup = groups?.Create(Pid, id, memoryLimit, out error);
        var job = new ZygoteJob(id, process, cgroup);
        if (error != 0)
        {
            job.End(new ZygoteEvent { Event = "failed", Error = $"its control group could not be made ({CgroupFiles.ErrorText(error)})" });
            return job;
        }

        jobs[job.Id] = job;
        var sent = requests.Writer.TryWrite(JsonLine.Of(json =>
        {
            json.WriteString("op", op);
            json.WriteNumber("id", job.Id);
            if (cgroup is not null)
                json.WriteString("group", cgroup.ProcsFile);
            write(json);
        }));
        if (!sent || hasEnded)
            RemoveJob(job.Id)?.End(null);
        return job;
    }

    /// <summary>Sends SIGTERM to the group of a job now, and SIGKILL after the grace period.</summary>
    public void Stop(ZygoteJob job, TimeSpan grace) => requests.Writer.TryWrite(JsonLine.Of(json =>
    {
        json.WriteString("op", "stop");
        json.WriteNumber("id", job.Id);
        json.WriteNumber("grace", grace.TotalSeconds);
    }));

    /// <summary>Writes the variables of a chunk, in which its environment differs from the zygote's.</summary>
    public static void WriteEnvironment(Utf8JsonWriter json, IReadOnlyDictionary<string, string> environment)
    {
        json.WriteStartObject("set");
        foreach (var (name, value) in environment)
        {
            if (ZygoteKey.IsChunkVariable(name))
                json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    /// <summary>Ends it and its jobs, and waits for the end.</summary>
    public async ValueTask DisposeAsync()
    {
        requests.Writer.TryComplete();
        if (await Task.WhenAny(finished, Task.Delay(TimeSpan.FromSeconds(5))) != finished)
            await kill.CancelAsync();
        await finished;
        kill.Dispose();
    }

    private void Start(IReadOnlyDictionary<string, string> excluded)
    {
        var launch = new ZygoteLaunch(key, excluded);
        requests.Writer.TryWrite(launch.FirstMessage());
        var command = launch.Command()
            .WithStandardInputPipe(PipeSource.Create(WriteAsync))
            .WithStandardOutputPipe(PipeTarget.Create(ReadAsync))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(AppendStderr));
        finished = Task.Run(() => RunAsync(command));
    }

    private async Task RunAsync(Command command)
    {
        var ending = "it could not be started";
        var exitCode = -1;
        try
        {
            var result = await command.ExecuteAsync(kill.Token);
            exitCode = result.ExitCode;
            ending = $"exit status {exitCode}";
        }
        catch (OperationCanceledException)
        {
            ending = "it did not end when asked and was killed";
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            ending = failure.Message; // Whatever it was, the jobs must hear of the end.
        }

        // A disposal ends the requests first. Without an exit code or with an error's, it was not killed.
        WasKilledByJob = requests.Writer.TryComplete() && exitCode is 0 or > 128 && jobs.Values.Count(job => job.IsBusy) == 1;
        hasEnded = true;
        var lastLine = StderrTail.Split('\n')[^1];
        var cause = lastLine.Length > 0 ? $": {lastLine}" : "";
        ready.TrySetResult(new ZygoteEvent { Event = "unsupported", Reason = $"the interpreter ended while it was importing ({ending}){cause}" });
        if (!jobs.IsEmpty)
            LogDied(logger, key, ending, StderrTail);
        foreach (var id in jobs.Keys)
        {
            if (RemoveJob(id) is not { } job)
                continue;
            if (job.Pid > 0)
                _ = Posix.Kill(-job.Pid, Posix.SigKill);
            job.WasAlone = WasKilledByJob && job.IsBusy;
            job.End(null);
        }
    }

    private async Task WriteAsync(Stream stdin, CancellationToken stop)
    {
        try
        {
            while (await requests.Reader.WaitToReadAsync(stop))
            {
                while (requests.Reader.TryRead(out var line))
                    await stdin.WriteAsync(line, stop);
                await stdin.FlushAsync(stop);
            }
        }
        catch (IOException)
        {
            // It has ended, which RunAsync reports.
        }
    }

    private async Task ReadAsync(Stream stdout, CancellationToken stop)
    {
        using var reader = new StreamReader(stdout, Encoding.UTF8);
        while (await reader.ReadLineAsync(stop) is { } line)
        {
            var received = JsonSerializer.Deserialize(line, ZygoteJson.Default.ZygoteEvent)!;
            switch (received.Event)
            {
                case "started" when jobs.TryGetValue(received.Id, out var job):
                    job.Started(received.Pid);
                    break;
                case "exited" or "failed":
                    RemoveJob(received.Id)?.End(received);
                    break;
                case "stale":
                    IsStale = true;
                    break;
                case "ready" or "unsupported" or "unsafe":
                    ready.TrySetResult(received);
                    break;
            }
        }
    }

    private ZygoteJob? RemoveJob(long id) => jobs.TryRemove(id, out var job) ? job : null;

    private void AppendStderr(string line)
    {
        lock (stderr)
        {
            stderr.AppendLine(line);
            if (stderr.Length > MaxStderr)
                stderr.Remove(0, stderr.Length - MaxStderr);
        }
    }

    [LoggerMessage(EventId = 2400, Level = LogLevel.Information, Message = "Preloaded interpreter for {Script} is ready as process {Pid}: {Modules} modules in {Seconds:0.00} s")]
    private static partial void LogReady(ILogger logger, ZygoteKey script, int pid, int modules, double seconds);

    [LoggerMessage(EventId = 2401, Level = LogLevel.Warning, Message = "Preloaded interpreter for {Script} died with programs running ({Ending}): {Stderr}")]
    private static partial void LogDied(ILogger logger, ZygoteKey script, string ending, string stderr);
}
