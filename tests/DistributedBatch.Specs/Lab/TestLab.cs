using System.Text.Json;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Specs.Run;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Lab;

/// <summary>A head and hosts as separate processes with a real broker, on one machine.</summary>
internal sealed class TestLab : IAsyncDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(90);
    private readonly OneBox box = new();
    private readonly Dictionary<string, DbatchProcess> processes = new(StringComparer.Ordinal);
    private readonly int port = FreePort.Next();

    private TestLab(Uri broker) => Broker = broker;

    public Uri Broker { get; }

    /// <summary>Database of the head; null for files in its data directory.</summary>
    public string? Database { get; init; }

    /// <summary>Clock of the head; null for that of the machine.</summary>
    public FakeClock? HeadClock { get; init; }

    /// <summary>Directory in which every process of the lab looks for programs first.</summary>
    public string Programs => box["bin"];

    /// <summary>Address of the head.</summary>
    public string Server => $"http://127.0.0.1:{port}";

    /// <summary>Directory that receives the outputs of all hosts.</summary>
    public string Outputs => box["out"];

    /// <summary>Chunks whose output is visible.</summary>
    public int Done => Directory.Exists(Outputs) ? Directory.EnumerateFiles(Outputs, "item", SearchOption.AllDirectories).Count() : 0;

    public static async Task<TestLab> CreateAsync(PrivateBroker broker, CancellationToken cancellation, string? database = null, FakeClock? headClock = null)
    {
        var lab = new TestLab(await broker.NewVhostAsync(cancellation)) { Database = database, HeadClock = headClock };
        lab.box.Environment["PATH"] = $"{lab.Programs}:{Environment.GetEnvironmentVariable("PATH")}";
        lab.box.Environment["DBATCH_SERVER"] = $"http://127.0.0.1:{lab.port}";
        lab.box.Environment["DBATCH_TOKEN_FILE"] = lab.box["head", "token"];
        return lab;
    }

    /// <summary>Starts producer and tracker as one process, <c>head</c>; the task ends when it answers.</summary>
    public Task StartHeadAsync(CancellationToken cancellation, Uri? broker = null) => StartServerAsync("head", "producer,tracker", cancellation, broker);

    /// <summary>Starts a tracker without a producer as <c>tracker</c>; the task ends when it answers.</summary>
    public Task StartTrackerAsync(CancellationToken cancellation) => StartServerAsync("tracker", "tracker", cancellation);

    /// <summary>Starts a producer without a tracker as <c>producer</c>.</summary>
    public void StartProducer() => processes["producer"] = box.Start(
        "serve", "--roles", "producer", "--broker", Broker.AbsoluteUri, "--data", box["producer"]);

    /// <summary>Starts a host with two slots and no GPU unless the options say otherwise, by another way to the broker where one is given.</summary>
    public DbatchProcess StartHost(string name, Uri? broker = null, params string[] options) => processes[name] = box.Start([
        "consumer", "--broker", (broker ?? Broker).AbsoluteUri, "--data", box[name], "--host", name, "--slots", "2",
        .. options.Contains("--gpus") ? [] : new[] { "--gpus", "none" }, .. options]);

    /// <summary>Writes a program for <c>/bin/sh</c> into <see cref="Programs"/>.</summary>
    public void WriteProgram(string name, string text) => box.Script(System.IO.Path.Combine("bin", name), text);

    /// <summary>The processes of the lab that have ended although nobody ended them.</summary>
    public IEnumerable<string> Ended => processes.Where(process => process.Value.End.IsCompleted).Select(process => process.Key);

    /// <summary>A path in the lab's directory, which all hosts share.</summary>
    public string Path(string name) => box[name];

    /// <summary>The lines of a file in the lab's directory.</summary>
    public IReadOnlyList<string> Lines(string name) => box.Lines(name);

    /// <summary>Starts a client command.</summary>
    public DbatchProcess Start(params string[] arguments) => box.Start(arguments);

    /// <summary>Runs a line in a shell, which finds the program in <c>$DBATCH</c>.</summary>
    public Task<DbatchResult> ShellAsync(string line) => box.ShellAsync(line);

    /// <summary>A client command, which may fail.</summary>
    public Task<DbatchResult> TryAsync(params string[] arguments) => box.DbatchAsync(arguments);

    /// <summary>A client command, which must succeed.</summary>
    public async Task<DbatchResult> DbatchAsync(params string[] arguments)
    {
        var ended = await box.DbatchAsync(arguments);
        Assert.True(ended.ExitCode == 0, ended.ToString());
        return ended;
    }

    /// <summary>Waits until <c>show --json</c> says what is wanted of the run.</summary>
    public Task ShowsAsync(string run, string what, Func<JsonElement, bool> wanted, CancellationToken cancellation, TimeSpan? timeout = null) => Eventually.HoldsAsync(
        $"run {run} is {what}",
        async () => await box.DbatchAsync("show", run, "--json") is { ExitCode: 0 or 1 } ended && ended.Out.StartsWith('{') && wanted(ended.Json),
        cancellation,
        timeout ?? DefaultTimeout);

    /// <summary>Files and directories that the kernel watches for the head or a host; see inotify(7) in <c>proc_pid_fdinfo(5)</c>.</summary>
    public int WatchesOf(string name) => Directory.EnumerateFiles($"/proc/{processes[name].Pid}/fdinfo").Sum(file =>
    {
        try
        {
            return File.ReadLines(file).Count(line => line.StartsWith("inotify ", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return 0; // closed meanwhile
        }
    });

    /// <summary><c>kill -9</c> of the head or a host.</summary>
    public async Task KillAsync(string name)
    {
        processes[name].Signal(ProcessKiller.Sigkill);
        await processes[name].End;
        Forget(name);
    }

    /// <summary>Submits a run of <paramref name="total"/> chunks of one item and gives its id.</summary>
    public async Task<string> SubmitAsync(int total, params string[] command)
    {
        var ended = await DbatchAsync([
            "submit", "--total", $"{total}", "--chunk", "1", "--retries", "20", "--out", Outputs, "--json", "--", .. command]);
        return ended.Json.GetProperty("run").GetString()!;
    }

    /// <summary>Waits until the run is settled and gives what <c>show --json</c> says.</summary>
    public async Task<JsonElement> SettledAsync(string run, CancellationToken cancellation, TimeSpan? timeout = null)
    {
        JsonElement shown = default;
        await ShowsAsync(
            run,
            "settled",
            view => (shown = view).GetProperty("state").GetString() is "succeeded" or "failed" or "cancelled",
            cancellation,
            timeout);
        return shown;
    }

    /// <summary>Every attempt of a run the tracker has heard of.</summary>
    public async Task<IReadOnlyList<AttemptView>> AttemptsAsync(string run, CancellationToken cancellation)
    {
        using var client = new HttpClient { BaseAddress = new Uri(box.Environment["DBATCH_SERVER"]!) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(box.Environment["DBATCH_TOKEN_FILE"]!).Trim());
        var lines = await client.GetStringAsync($"/api/runs/{run}/attempts.jsonl", cancellation);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize(line, ContractsJson.Default.AttemptView)!)];
    }

    /// <summary>Asserts that each chunk has succeeded, has its output, and has left no process behind.</summary>
    public async Task AssertCompleteAsync(string run, JsonElement shown, int total, CancellationToken cancellation, string? outputDirectory = null)
    {
        var chunks = shown.GetProperty("chunks");
        Assert.Equal("succeeded", shown.GetProperty("state").GetString());
        Assert.Equal((total, total), (chunks.GetProperty("total").GetInt32(), chunks.GetProperty("succeeded").GetInt32()));
        var outputs = Directory.EnumerateFiles(outputDirectory ?? Outputs, "item", SearchOption.AllDirectories).Select(file => int.Parse(File.ReadAllText(file), null)).Order();
        Assert.Equal(Enumerable.Range(0, total), outputs);
        await Eventually.HoldsAsync("no attempt is left running", () => ProcessKiller.WithEnvironment($"DBATCH_RUN={run}").Count == 0, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in processes.Keys.ToList())
        {
            try
            {
                await KillAsync(name);
            }
            catch (OperationCanceledException)
            {
                // The test was cancelled, and CliWrap has killed the process.
            }
        }

        box.Dispose();
    }

    /// <summary>Asks the head or a host to stop, and gives how it ended.</summary>
    public async Task<DbatchResult> StopAsync(string name)
    {
        var process = processes[name];
        process.Signal(ProcessKiller.Sigterm);
        var ended = await process.End;
        Forget(name);
        return ended;
    }

    private void Forget(string name)
    {
        if (HeadClock is not null)
            FakeClock.Forget(processes[name].Pid);
        processes.Remove(name);
    }

    private async Task StartServerAsync(string name, string roles, CancellationToken cancellation, Uri? broker = null)
    {
        var server = processes[name] = box.Start(HeadClock?.Environment ?? new Dictionary<string, string?>(), [
            "serve", "--roles", roles, "--broker", (broker ?? Broker).AbsoluteUri, "--data", box["head"], "--listen", $"http://127.0.0.1:{port}",
            .. Database is null ? [] : new[] { "--database", Database }]);
        try
        {
            await Eventually.HoldsAsync($"the {name} answers", AnswersAsync, cancellation, DefaultTimeout);
        }
        catch (Xunit.Sdk.FailException failure)
        {
            Assert.Fail($"{failure.Message}. It said:\n{string.Join('\n', server.ErrorLines.TakeLast(20))}");
        }

        async Task<bool> AnswersAsync()
        {
            if (server.End.IsCompleted)
                Assert.Fail($"the {name} has ended: {await server.End}");
            return (await box.DbatchAsync("list", "--json")).ExitCode == 0;
        }
    }
}
