using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using CliWrap;
using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Consumer.Warm;

/// <summary>One running zygote: the process, and the conversation with it in JSON lines. It ends when its input is closed, so it cannot outlive us.</summary>
internal sealed partial class ZygoteProcess : IAsyncDisposable
{
    private const int ComplaintLimit = 4096;

    private readonly ZygoteKey key;
    private readonly ILogger logger;
    private readonly AttemptCgroups? groups;
    private readonly Channel<ReadOnlyMemory<byte>> requests = Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<long, ZygoteJob> jobs = new();
    private readonly TaskCompletionSource<ZygoteEvent> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource kill = new();
    private readonly StringBuilder complaints = new();
    private Task finished = Task.CompletedTask;
    private long lastId;
    private volatile bool lost;

    private ZygoteProcess(ZygoteKey key, AttemptCgroups? groups, ILogger logger)
    {
        this.key = key;
        this.groups = groups;
        this.logger = logger;
    }

    /// <summary>What it said when it was ready.</summary>
    public ZygoteEvent Hello { get; private set; } = new() { Event = "" };

    /// <summary>Process id.</summary>
    public int Pid => Hello.Pid;

    /// <summary>Forks so far.</summary>
    public long Forks => Interlocked.Read(ref lastId);

    /// <summary>Jobs that have not ended.</summary>
    public int Running => jobs.Count;

    /// <summary>Whether files that decided on the imports have changed since it started.</summary>
    public bool Stale { get; private set; }

    /// <summary>Whether it has ended.</summary>
    public bool Lost => lost;

    /// <summary>What it printed on standard error, for a message; at most 4 KiB.</summary>
    public string Complaints
    {
        get
        {
            lock (complaints)
                return complaints.ToString().Trim();
        }
    }

    /// <summary>
    /// Starts a zygote and waits until it has imported. A module that makes forking unsafe (it starts threads, or initialises CUDA) is left to the jobs
    /// on a second try.
    /// </summary>
    public static async Task<ZygoteStart> StartAsync(ZygoteKey key, TimeSpan limit, AttemptCgroups? groups, TimeProvider time, ILogger logger)
    {
        var excluded = new Dictionary<string, string>();
        while (true)
        {
            var zygote = new ZygoteProcess(key, groups, logger);
            zygote.Launch(excluded);
            ZygoteEvent hello;
            try
            {
                hello = await zygote.ready.Task.WaitAsync(limit, time);
            }
            catch (TimeoutException)
            {
                await zygote.DisposeAsync();
                return new ZygoteStart.Unfit($"the imports took longer than {limit.TotalSeconds:0} s");
            }

            if (hello.Event == "ready")
            {
                zygote.Hello = hello with { Unsafe = excluded };
                LogReady(logger, key, hello.Pid, hello.Imported.Count, hello.Seconds);
                return new ZygoteStart.Ready(zygote);
            }

            await zygote.DisposeAsync();
            if (hello.Event != "spoilt" || !excluded.TryAdd(hello.Module!, hello.Reason!))
                return new ZygoteStart.Unfit(hello.Reason ?? "the interpreter ended while it was importing");
        }
    }

    /// <summary>Asks for a fork.</summary>
    /// <param name="op"><c>run</c> or <c>keep</c>.</param>
    /// <param name="write">Adds what the operation needs to the request.</param>
    /// <param name="onStarted">Told the process id after the fork; null for nobody.</param>
    /// <param name="memoryLimit">Bytes that its control group may hold, where it has one; 0 for no limit.</param>
    public ZygoteJob Fork(string op, Action<Utf8JsonWriter> write, Action<int>? onStarted = null, long memoryLimit = 0)
    {
        var id = Interlocked.Increment(ref lastId);
        var error = 0;
        var group = groups?.Make(Pid, id, memoryLimit, out error);
        var job = new ZygoteJob(id, onStarted, group);
        if (error != 0)
        {
            job.End(new ZygoteEvent { Event = "failed", Error = $"its control group could not be made ({CgroupFiles.Meaning(error)})" });
            return job;
        }

        jobs[job.Id] = job;
        var sent = requests.Writer.TryWrite(JsonLine.Of(json =>
        {
            json.WriteString("op", op);
            json.WriteNumber("id", job.Id);
            if (group is not null)
                json.WriteString("group", group.Door);
            write(json);
        }));
        if (!sent || lost)
            Forget(job.Id)?.End(null);
        return job;
    }

    /// <summary>SIGTERM to the group of a job now, SIGKILL after the grace.</summary>
    public void Stop(ZygoteJob job, TimeSpan grace) => requests.Writer.TryWrite(JsonLine.Of(json =>
    {
        json.WriteString("op", "stop");
        json.WriteNumber("id", job.Id);
        json.WriteNumber("grace", grace.TotalSeconds);
    }));

    /// <summary>Writes what a chunk's environment has more, other or less than the zygote's.</summary>
    public static void WriteEnvironment(Utf8JsonWriter json, IReadOnlyDictionary<string, string> environment)
    {
        json.WriteStartObject("set");
        foreach (var (name, value) in environment)
        {
            if (ZygoteKey.IsOfChunk(name))
                json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    /// <summary>Ends it and every job it has; waits until it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        requests.Writer.TryComplete();
        if (await Task.WhenAny(finished, Task.Delay(TimeSpan.FromSeconds(5))) != finished)
            await kill.CancelAsync();
        await finished;
        kill.Dispose();
    }

    private void Launch(IReadOnlyDictionary<string, string> excluded)
    {
        var launch = new ZygoteLaunch(key, excluded);
        requests.Writer.TryWrite(launch.Greeting());
        var command = launch.Command()
            .WithStandardInputPipe(PipeSource.Create(WriteAsync))
            .WithStandardOutputPipe(PipeTarget.Create(ReadAsync))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(Complain));
        finished = Task.Run(() => WatchAsync(command));
    }

    private async Task WatchAsync(Command command)
    {
        var ending = "it could not be started";
        try
        {
            var result = await command.ExecuteAsync(kill.Token);
            ending = $"exit status {result.ExitCode}";
        }
        catch (OperationCanceledException)
        {
            ending = "it did not end when asked and was killed";
        }
        catch (Exception failure) when (failure is InvalidOperationException or System.ComponentModel.Win32Exception or IOException)
        {
            ending = failure.Message;
        }

        lost = true;
        requests.Writer.TryComplete();
        var last = Complaints.Split('\n')[^1];
        ready.TrySetResult(new ZygoteEvent { Event = "unfit", Reason = $"the interpreter ended while it was importing ({ending}){(last.Length > 0 ? ": " + last : "")}" });
        if (!jobs.IsEmpty)
            LogLost(logger, key, ending, Complaints);
        foreach (var id in jobs.Keys)
        {
            if (Forget(id) is not { } job)
                continue;
            GroupSignal.KillGroup(job.Pid);
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
            // It has ended; WatchAsync says so.
        }
    }

    private async Task ReadAsync(Stream stdout, CancellationToken stop)
    {
        using var reader = new StreamReader(stdout, Encoding.UTF8);
        while (await reader.ReadLineAsync(stop) is { } line)
        {
            var heard = JsonSerializer.Deserialize(line, ZygoteJson.Default.ZygoteEvent)!;
            switch (heard.Event)
            {
                case "started" when jobs.TryGetValue(heard.Id, out var job):
                    job.Started(heard.Pid);
                    break;
                case "ended" or "failed":
                    Forget(heard.Id)?.End(heard);
                    break;
                case "stale":
                    Stale = true;
                    break;
                case "ready" or "unfit" or "spoilt":
                    ready.TrySetResult(heard);
                    break;
            }
        }
    }

    private ZygoteJob? Forget(long id) => jobs.TryRemove(id, out var job) ? job : null;

    private void Complain(string line)
    {
        lock (complaints)
        {
            complaints.AppendLine(line);
            if (complaints.Length > ComplaintLimit)
                complaints.Remove(0, complaints.Length - ComplaintLimit);
        }
    }
}
