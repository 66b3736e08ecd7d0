using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistributedBatch.Consumer.Jobs;

namespace DistributedBatch.Consumer.Tests.Execution;

/// <summary>The job contract as a script sees it, with a real consumer and real programs.</summary>
public class JobContractTests
{
    private static readonly string[] Awkward = ["plain", "", "two words", "quote\"s 'and' $HOME `x` \\", "new\nline", "żółć 🙂", "*", "{\"json\": 1}", "-n"];

    private static JobSpec Shell(string script, params string[] arguments) => new() { Command = ["/bin/sh", "-c", script, "sh", .. arguments] };

    [Fact(Timeout = 30_000)]
    public async Task Exit_code_0_is_success_and_leaves_nothing_on_disk()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        var report = await harness.RunAsync(new JobSpec { Command = ["true"] });
        Assert.Equal(AttemptOutcome.Succeeded, report.Outcome);
        Assert.Equal(0, report.ExitCode);
        Assert.Null(report.Error);
        Assert.False(Directory.Exists(harness.Directory["runs"]));
    }

    [Fact(Timeout = 30_000)]
    public async Task Any_other_exit_code_is_a_failed_attempt_with_the_end_of_its_stderr()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        var report = await harness.RunAsync(Shell("echo one; echo two >&2; exit 3"));
        Assert.Equal(AttemptOutcome.ExitCode, report.Outcome);
        Assert.Equal(3, report.ExitCode);
        Assert.Equal("two\n", report.StderrTail);
        Assert.Equal((4, 4), (report.StdoutBytes, report.StderrBytes));
        Assert.Equal("one\n", await File.ReadAllTextAsync(harness.Log(0, 1, "out"), TestContext.Current.CancellationToken));
        Assert.Equal("two\n", await File.ReadAllTextAsync(harness.Log(0, 1, "err"), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task Small_logs_travel_in_the_report_where_a_server_is_named_and_the_server_need_not_be_there()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken, WithServer);

        var report = await harness.RunAsync(Shell("printf one; printf 'two\\377' >&2"));
        var unstarted = await harness.RunAsync(new JobSpec { Command = ["/no/such/program"] });

        Assert.Equal(AttemptOutcome.Succeeded, report.Outcome);
        Assert.Equal("one"u8, report.Stdout!);
        Assert.Equal([.. "two"u8, 0xFF], report.Stderr);
        Assert.Equal((3, 4), (report.StdoutBytes, report.StderrBytes));
        Assert.False(Directory.Exists(harness.Directory["runs"]));
        Assert.Equal((AttemptOutcome.NotStarted, 0, 0), (unstarted.Outcome, unstarted.StdoutBytes, unstarted.StderrBytes));
        Assert.Equal((null, null), (unstarted.Stdout, unstarted.Stderr));

        static void WithServer(ConsumerOptions options) => (options.Server, options.Slots) = (new Uri("http://127.0.0.1:1"), 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Arguments_environment_and_input_arrive_byte_for_byte()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        var report = await harness.RunAsync(
            new JobSpec
            {
                Command = [Programs.TestProgram, "describe", .. Awkward, "{start}:{count}:{end}:{index}:{total}:{attempt}", "{{start}"],
                Stdin = "{start},{count}",
                WorkingDirectory = harness.Directory.Path,
                Env = new Dictionary<string, string> { ["MINE"] = "a=b\nc", ["OMP_NUM_THREADS"] = "7" },
            },
            chunk => chunk with { Index = 4, Start = 0, Count = 3000, Total = 10_000, Attempt = 2 });
        Assert.Equal(AttemptOutcome.Succeeded, report.Outcome);
        using var seen = JsonDocument.Parse(await File.ReadAllTextAsync(harness.Log(4, 2, "out"), TestContext.Current.CancellationToken));
        var root = seen.RootElement;
        Assert.Equal([.. Awkward, "0:3000:3000:4:10000:2", "{start}"], root.GetProperty("args").EnumerateArray().Select(text => text.GetString()!));
        Assert.Equal("0,3000", Encoding.UTF8.GetString(root.GetProperty("stdin").GetBytesFromBase64()));
        Assert.Equal(harness.Directory.Path, root.GetProperty("cwd").GetString());

        var env = root.GetProperty("env");
        string Of(string name) => env.GetProperty(name).GetString()!;
        Assert.Equal(
            (harness.Run.Value, "4", "0", "3000", "10000", "2", "box"),
            (Of("DBATCH_RUN"), Of("DBATCH_CHUNK"), Of("DBATCH_START"), Of("DBATCH_COUNT"), Of("DBATCH_TOTAL"), Of("DBATCH_ATTEMPT"), Of("DBATCH_HOST")));
        Assert.Equal(Of("DBATCH_SLOT"), Of("CONSUMER_WORKER"));
        Assert.Equal(ChunkSeed.Of(harness.Run, 4).ToString(CultureInfo.InvariantCulture), Of("DBATCH_SEED"));
        Assert.Equal(("a=b\nc", "7"), (Of("MINE"), Of("OMP_NUM_THREADS")));
        Assert.Equal(Math.Max(1, Environment.ProcessorCount / 2).ToString(CultureInfo.InvariantCulture), Of("NUMBA_NUM_THREADS"));
        Assert.StartsWith(harness.Directory.Path, Of("DBATCH_OUT"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_seed_is_what_the_documentation_says_python_computes()
    {
        var run = RunId.Parse("abcdefgh12");
        var hash = SHA256.HashData("abcdefgh12/12"u8);
        Assert.Equal((uint)((hash[0] << 24) | (hash[1] << 16) | (hash[2] << 8) | hash[3]), ChunkSeed.Of(run, 12));
    }

    [Fact(Timeout = 30_000)]
    public async Task Outputs_appear_when_the_attempt_succeeds_and_not_before()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        var go = harness.Directory["go"];
        await harness.PublishAsync(Shell("mkdir $DBATCH_OUT/deep && echo part > $DBATCH_OUT/deep/file && echo ready >&2; while [ ! -e \"$1\" ]; do sleep 0.01; done", go));
        Assert.Null((await harness.ReportedAsync()).Outcome);
        Assert.False(Directory.Exists(harness.Output(0)));
        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);
        Assert.Equal(AttemptOutcome.Succeeded, (await harness.EndedAsync()).Outcome);
        Assert.Equal("part\n", await File.ReadAllTextAsync(Path.Combine(harness.Output(0), "deep", "file"), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_failed_attempt_leaves_no_outputs_and_the_next_one_finds_an_empty_directory()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken, options => options.Slots = 1);
        Assert.Equal(AttemptOutcome.ExitCode, (await harness.RunAsync(Shell("echo x > $DBATCH_OUT/left; echo 1 > $DBATCH_RESULT; exit 1"))).Outcome);
        var second = await harness.RunAsync(Shell("test -z \"$(ls -A $DBATCH_OUT)\" && test ! -e $DBATCH_RESULT"), chunk => chunk with { Attempt = 2 });
        Assert.Equal(AttemptOutcome.Succeeded, second.Outcome);
        Assert.False(Directory.Exists(harness.Output(0)));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_next_attempt_replaces_the_outputs_of_one_that_died_before_its_report()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        await harness.RunAsync(Shell("echo first > $DBATCH_OUT/who"));
        var second = await harness.RunAsync(Shell("echo second > $DBATCH_OUT/who"), chunk => chunk with { Attempt = 2 });
        Assert.Equal(AttemptOutcome.Succeeded, second.Outcome);
        Assert.Equal("second\n", await File.ReadAllTextAsync(Path.Combine(harness.Output(0), "who"), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_small_result_travels_in_the_report()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        var report = await harness.RunAsync(Shell("echo '{\"loss\": 0.25}' > $DBATCH_RESULT"));
        Assert.Equal("{\"loss\": 0.25}", report.Result);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("echo 'not json' > $DBATCH_RESULT", "not JSON")]
    [InlineData("head -c 70000 /dev/zero > $DBATCH_RESULT", "DBATCH_OUT")]
    public async Task An_invalid_result_fails_the_attempt_with_a_reason(string script, string word)
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        var report = await harness.RunAsync(Shell(script));
        Assert.Equal(AttemptOutcome.ExitCode, report.Outcome);
        Assert.Contains(word, report.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Items_come_by_placeholder_and_by_file()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        await harness.RunAsync(Shell("cat \"$1\"", "{items}"), chunk => chunk with { Items = [["a b"], ["c\"d"]] });
        Assert.Equal("a b\nc\"d\n", await File.ReadAllTextAsync(harness.Log(0, 1, "out"), TestContext.Current.CancellationToken));
        await harness.RunAsync(
            Shell("printf '%s|%s|%s' \"$1\" \"$2\" \"$3\"; cat \"$4\"", "{item}", "{lr}", "{note}", "{items}"),
            chunk => chunk with { Index = 1, Columns = ["lr", "note"], Items = [["0.1", "a, \"b\""]] });
        Assert.Equal(
            "0.1,a, \"b\"|0.1|a, \"b\"lr,note\n0.1,\"a, \"\"b\"\"\"\n",
            await File.ReadAllTextAsync(harness.Log(1, 1, "out"), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_missing_program_is_reported_with_a_suggestion()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        var script = harness.Directory.Write("job.sh", "#!/bin/sh\n");
        var missing = await harness.RunAsync(new JobSpec { Command = ["job.sh"], WorkingDirectory = harness.Directory.Path });
        Assert.Equal(AttemptOutcome.NotStarted, missing.Outcome);
        Assert.Contains("did you mean ./job.sh?", missing.Error, StringComparison.Ordinal);
        var forbidden = await harness.RunAsync(new JobSpec { Command = [script] });
        Assert.Contains("chmod +x", forbidden.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_chunk_whose_start_must_be_confirmed_is_reported_before_its_program_runs()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        await harness.RunAsync(Shell("true"));

        await harness.PublishAsync(Shell("true"), index: 1, chunk => chunk with { ConfirmStart = true });

        var started = await harness.ReportedAsync();
        Assert.Equal((1, null), (started.Index, started.Outcome));
        Assert.Equal(AttemptOutcome.Succeeded, (await harness.ReportedAsync()).Outcome);
    }
}
