using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using CliWrap;

namespace DistributedBatch.Consumer.Zygote;

/// <summary>One running zygote: the process, and the conversation with it in JSON lines. It ends when its input is closed, so it cannot outlive us.</summary>
internal sealed partial class ZygoteProcess : IAsyncDisposable
{
    private const int ComplaintLimit = 4096;

    private readonly ZygoteKey key;
    private readonly ILogger logger;
    private readonly Channel<ReadOnlyMemory<byte>> requests = Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<long, ZygoteJob> jobs = new();
    private readonly TaskCompletionSource<ZygoteEvent> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource kill = new();
    private readonly StringBuilder complaints = new();
    private Task finished = Task.CompletedTask;
    private long lastId;
    private volatile bool lost;

    private ZygoteProcess(ZygoteKey key, ILogger logger)
    {
        this.key = key;
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
    public static async Task<ZygoteStart> StartAsync(ZygoteKey key, TimeSpan limit, TimeProvider time, ILogger logger)
    {
        var excluded = new Dictionary<string, string>();
        while (true)
        {
            var zygote = new ZygoteProcess(key, logger);
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
    public ZygoteJob Fork(string op, Action<Utf8JsonWriter> write, Action<int>? onStarted = null)
    {
        var job = new ZygoteJob(Interlocked.Increment(ref lastId), onStarted);
        jobs[job.Id] = job;
        var sent = requests.Writer.TryWrite(Line(json =>
        {
            json.WriteString("op", op);
            json.WriteNumber("id", job.Id);
            write(json);
        }));
        if (!sent || lost)
            Forget(job.Id)?.End(null);
        return job;
    }

    /// <summary>SIGTERM to the group of a job now, SIGKILL after the grace.</summary>
    public void Stop(ZygoteJob job, TimeSpan grace) => requests.Writer.TryWrite(Line(json =>
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

    private static byte[] Line(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private void Launch(Dictionary<string, string> excluded)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in System.Environment.GetEnvironmentVariables().Keys.Cast<string>())
            environment[name] = null;
        foreach (var (name, value) in key.Environment)
            environment[name] = value;

        // torch.cuda.is_available() then asks NVML and initialises nothing: pytorch/pytorch#68861.
        var forced = new List<string>();
        if (environment.TryAdd("PYTORCH_NVML_BASED_CUDA_CHECK", "1"))
            forced.Add("PYTORCH_NVML_BASED_CUDA_CHECK");

        requests.Writer.TryWrite(Greeting(excluded, forced));
        var interpreter = key.Command.Interpreter;
        var command = Cli.Wrap(Locate(interpreter[0]))
            .WithArguments([.. interpreter.Skip(1), .. key.Command.Flags, "-c", ZygoteScripts.Bootstrap, "dbatch-zygote", key.ToString()])
            .WithWorkingDirectory(key.Directory)
            .WithEnvironmentVariables(environment)
            .WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(PipeSource.Create(WriteAsync))
            .WithStandardOutputPipe(PipeTarget.Create(ReadAsync))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(Complain));
        finished = Task.Run(() => WatchAsync(command));
    }

    // The environment's PATH decides, not ours: a venv that the job activates by PATH is meant.
    private string Locate(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
            return Path.GetFullPath(program, key.Directory);
        return (key.Environment.GetValueOrDefault("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':')
            .Select(directory => Path.Combine(Path.GetFullPath(directory, key.Directory), program))
            .FirstOrDefault(File.Exists) ?? program;
    }

    private byte[] Greeting(Dictionary<string, string> excluded, List<string> forced)
    {
        var hello = Line(json =>
        {
            json.WriteString("script", key.Command.Script);
            json.WriteString("module", key.Command.Module);
            json.WriteStartObject("excluded");
            foreach (var (module, reason) in excluded)
                json.WriteString(module, reason);
            json.WriteEndObject();
            json.WriteStartArray("forced");
            forced.ForEach(json.WriteStringValue);
            json.WriteEndArray();
            json.WriteStartArray("words");
            foreach (var word in key.Command.Words)
                json.WriteStringValue(word);
            json.WriteEndArray();
            json.WriteString("_dbatch_job", ZygoteScripts.Job);
            json.WriteString("_dbatch_preload", ZygoteScripts.Preload);
            json.WriteString("_dbatch_zygote", ZygoteScripts.Server);
            json.WriteString("keep", ZygoteScripts.Keep);
        });
        return [.. Encoding.ASCII.GetBytes($"{hello.Length:00000000}"), .. hello];
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
