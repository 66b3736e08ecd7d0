using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm.Fork;
using DistributedBatch.Consumer.Warm.Keep;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Consumer.Tests.Warm.Keep;

public sealed class KeepRunnerTests
{
    [Theory(Timeout = 180_000)]
    [InlineData("slot")]
    [InlineData("run")]
    [InlineData("memory")]
    public async Task An_interpreter_ends_with_its_slot_with_its_run_and_when_memory_is_short(string reason)
    {
        await using var fixture = new WarmFixture("import os\ndef process(start, count):\n    return os.getpid()\n") { Mode = WarmMode.Keep };
        var first = fixture.Start();
        Assert.Equal("exit 0", (await fixture.RunAsync(first, TestContext.Current.CancellationToken)).How);
        var interpreter = int.Parse(fixture.ResultOf(first), null);
        Assert.True(ProcessKiller.IsAlive(interpreter));

        switch (reason)
        {
            case "slot":
                fixture.Warm.EndSlot(1);
                Assert.True(ProcessKiller.IsAlive(interpreter));
                fixture.Warm.EndSlot(0);
                break;
            case "run":
                fixture.Warm.EndRun(fixture.Run);
                break;
            default:
                Assert.Equal(1, fixture.Warm.EndIdle());
                break;
        }

        await Eventually.HoldsAsync("the interpreter has ended", () => !ProcessKiller.IsAlive(interpreter), TestContext.Current.CancellationToken);
        Assert.Equal(0, fixture.Warm.EndIdle());
        Assert.Equal("exit 0", (await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).How);
    }

    [Fact]
    public void The_path_of_a_socket_is_short_also_where_the_temporary_directory_is_not()
    {
        using var directory = new TempDirectory();
        var deep = directory[new string('d', 100)];
        Directory.CreateDirectory(deep);
        using var inDeep = new SocketDirectory(deep);
        using var inShort = new SocketDirectory(directory.Path);

        Assert.StartsWith("/tmp/dbatch-", inDeep.NewPath(), StringComparison.Ordinal);
        Assert.StartsWith(directory.Path, inShort.NewPath(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_script_is_loaded_once_and_its_function_called_for_every_chunk()
    {
        await using var fixture = new WarmFixture("""
            import os
            calls = []
            print('loaded as', __name__)
            def process(start, count):
                calls.append(start)
                return {'calls': calls, 'chunk': os.environ['DBATCH_START'], 'items': list(range(start, start + count)), 'pid': os.getpid() > 1}
            if __name__ == '__main__':
                raise SystemExit('the main guard must stay shut')
            """) { Mode = WarmMode.Keep };

        var first = fixture.Start(start: 10, count: 2);
        Assert.Equal(new ProgramResult("exit 0", "loaded as __main__\n", ""), await fixture.RunAsync(first, TestContext.Current.CancellationToken));
        var second = fixture.Start(start: 12, count: 1);
        Assert.Equal(new ProgramResult("exit 0", "", ""), await fixture.RunAsync(second, TestContext.Current.CancellationToken));

        Assert.Equal("""{"calls": [10], "chunk": "10", "items": [10, 11], "pid": true}""", fixture.ResultOf(first));
        Assert.Equal("""{"calls": [10, 12], "chunk": "12", "items": [12], "pid": true}""", fixture.ResultOf(second));
        Assert.Equal(WarmMode.Keep, fixture.Warm.Summary(fixture.Run)!.Mode);
        Assert.Equal(2, fixture.Warm.Summary(fixture.Run)!.Starts);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_function_of_one_argument_gets_the_items_themselves()
    {
        await using var fixture = new WarmFixture("def process(items):\n    return [str(item) for item in items]\n") { Mode = WarmMode.Keep };

        var range = fixture.Start(start: 3, count: 2);
        var texts = fixture.Start() with { Items = [["a.png"], ["b.png"]] };
        var rows = fixture.Start() with { Items = [["1", "x"]], Columns = ["lr", "name"] };
        foreach (var start in (ProgramStart[])[range, texts, rows])
            Assert.Equal("exit 0", (await fixture.RunAsync(start, TestContext.Current.CancellationToken)).How);

        Assert.Equal("""["3", "4"]""", fixture.ResultOf(range));
        Assert.Equal("""["a.png", "b.png"]""", fixture.ResultOf(texts));
        Assert.Equal("""["{'lr': '1', 'name': 'x'}"]""", fixture.ResultOf(rows));
    }

    [Fact(Timeout = 180_000)]
    public async Task An_exception_fails_only_its_chunk_and_leaves_its_traceback()
    {
        await using var fixture = new WarmFixture("""
            seen = 0
            def process(start, count):
                global seen
                seen += 1
                print('chunk', start, 'seen', seen)
                if start == 1:
                    raise ValueError('item 1 is broken')
                if start == 2:
                    raise SystemExit('leaving')
            """) { Mode = WarmMode.Keep };

        Assert.Equal(new ProgramResult("exit 0", "chunk 0 seen 1\n", ""), await fixture.RunAsync(fixture.Start(start: 0), TestContext.Current.CancellationToken));
        var failed = await fixture.RunAsync(fixture.Start(start: 1), TestContext.Current.CancellationToken);
        Assert.Equal("exit 1", failed.How);
        Assert.Equal(
            $"Traceback (most recent call last):\n  File \"{fixture.Directory}/script.py\", line 7, in process\n    raise ValueError('item 1 is broken')\nValueError: item 1 is broken\n",
            failed.Stderr);
        Assert.Equal(new ProgramResult("exit 1", "chunk 2 seen 3\n", "leaving\n"), await fixture.RunAsync(fixture.Start(start: 2), TestContext.Current.CancellationToken));
        Assert.Equal(new ProgramResult("exit 0", "chunk 3 seen 4\n", ""), await fixture.RunAsync(fixture.Start(start: 3), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_crash_fails_only_its_chunk_and_the_next_chunk_gets_a_new_interpreter()
    {
        await using var fixture = new WarmFixture("""
            import ctypes, os
            seen = 0
            def process(start, count):
                global seen
                seen += 1
                print(start, seen, flush=True)
                if start == 1:
                    ctypes.string_at(0)
                if start == 2:
                    os._exit(3)
            """) { Mode = WarmMode.Keep };

        Assert.Equal(new ProgramResult("exit 0", "0 1\n", ""), await fixture.RunAsync(fixture.Start(start: 0), TestContext.Current.CancellationToken));
        Assert.Equal(new ProgramResult("signal 11", "1 2\n", ""), await fixture.RunAsync(fixture.Start(start: 1), TestContext.Current.CancellationToken));
        Assert.Equal(new ProgramResult("exit 3", "2 1\n", ""), await fixture.RunAsync(fixture.Start(start: 2), TestContext.Current.CancellationToken));
        Assert.Equal(new ProgramResult("exit 0", "3 1\n", ""), await fixture.RunAsync(fixture.Start(start: 3), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_timeout_ends_the_interpreter_and_only_that_chunk()
    {
        await using var fixture = new WarmFixture("import time\ndef process(start, count):\n    time.sleep(start)\n") { Mode = WarmMode.Keep };

        Assert.Equal("exit 0", (await fixture.RunAsync(fixture.Start(start: 0) with { Timeout = TimeSpan.FromSeconds(20) }, TestContext.Current.CancellationToken)).How);
        Assert.Equal("TimedOut", (await fixture.RunAsync(fixture.Start(start: 60) with { Timeout = TimeSpan.FromMilliseconds(200) }, TestContext.Current.CancellationToken)).How);
        Assert.Equal("exit 0", (await fixture.RunAsync(fixture.Start(start: 0), TestContext.Current.CancellationToken)).How);
    }

    [Fact(Timeout = 180_000)]
    public async Task An_interpreter_that_grew_too_large_is_replaced_between_two_chunks()
    {
        await using var fixture = new WarmFixture("""
            import os, time
            kept = []
            def process(start, count):
                time.sleep(1.1)
                kept.append(bytearray(50_000_000 * start))
                return os.getpid()
            """, new WarmStartOptions { KeepGrowthLimit = 20_000_000 }) { Mode = WarmMode.Keep };
        var processes = new List<string>();
        foreach (var size in (long[])[0, 1, 0])
        {
            var start = fixture.Start(start: size);
            Assert.Equal("exit 0", (await fixture.RunAsync(start, TestContext.Current.CancellationToken)).How);
            processes.Add(fixture.ResultOf(start));
        }

        Assert.Equal(processes[0], processes[1]);
        Assert.NotEqual(processes[1], processes[2]);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_script_that_fails_to_load_fails_the_chunk_and_is_tried_again_for_the_next()
    {
        await using var fixture = new WarmFixture("import os\nif not os.path.exists('ready'):\n    raise RuntimeError('not yet')\ndef process(start, count):\n    pass\n") { Mode = WarmMode.Keep };

        var failed = await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken);
        Assert.Equal("exit 1", failed.How);
        Assert.EndsWith("RuntimeError: not yet\n", failed.Stderr, StringComparison.Ordinal);
        fixture.Write("ready", "");
        Assert.Equal(new ProgramResult("exit 0", "", ""), await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("'x' * 10", "\"xxxxxxxxxx\"", false)]
    [InlineData("'é\\n'", "\"\\u00e9\\n\"", false)]
    [InlineData("{'a': [1.5, None, True]}", "{\"a\": [1.5, null, true]}", false)]
    [InlineData("list(range(2000))", null, true)]
    [InlineData("float('nan')", "NaN", true)]
    public async Task A_small_result_is_in_the_reply_and_any_other_in_the_result_file(string value, string? json, bool inFile)
    {
        await using var fixture = new WarmFixture($"def process(start, count):\n    return {value}\n") { Mode = WarmMode.Keep };
        var start = fixture.Start();

        Assert.Equal("exit 0", (await fixture.RunAsync(start, TestContext.Current.CancellationToken)).How);

        Assert.Equal(inFile, File.Exists(start.Environment["DBATCH_RESULT"]));
        Assert.Equal(json ?? $"[{string.Join(", ", Enumerable.Range(0, 2000))}]", fixture.ResultOf(start));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_result_that_is_no_JSON_value_fails_the_chunk_with_a_reason()
    {
        await using var fixture = new WarmFixture("def process(start, count):\n    return object()\n") { Mode = WarmMode.Keep };

        var failed = await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken);
        Assert.Equal("exit 1", failed.How);
        Assert.Contains("process() returned a object, which JSON cannot hold", failed.Stderr, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_result_that_contains_itself_fails_the_chunk_with_one_traceback()
    {
        await using var fixture = new WarmFixture("def process(start, count):\n    loop = []\n    loop.append(loop)\n    return loop\n") { Mode = WarmMode.Keep };

        var failed = await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken);
        Assert.Equal("exit 1", failed.How);
        Assert.Contains("ValueError: Circular reference detected", failed.Stderr, StringComparison.Ordinal);
        Assert.Equal(2, failed.Stderr.Split("Traceback (most recent call last)").Length);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_script_without_the_function_is_forked_and_the_reason_says_so()
    {
        await using var fixture = new WarmFixture("print('plain')\n") { Mode = WarmMode.Keep };

        var start = fixture.Start();
        var choice = await fixture.ChooseAsync(start);
        Assert.Equal(WarmMode.Fork, choice.Mode);
        Assert.Contains("has no function process(start, count)", choice.Reason, StringComparison.Ordinal);
        Assert.Equal(new ProgramResult("exit 0", "plain\n", ""), await fixture.RunAsync(start, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 180_000)]
    public async Task Every_slot_has_an_interpreter_of_its_own()
    {
        await using var fixture = new WarmFixture("import os\ndef process(start, count):\n    return os.getpid()\n") { Mode = WarmMode.Keep };
        ProgramStart[] starts = [.. Enumerable.Range(0, 4).Select(number => fixture.Start() with { Slot = number % 2 })];
        foreach (var start in starts)
            Assert.Equal("exit 0", (await fixture.RunAsync(start, TestContext.Current.CancellationToken)).How);

        var processes = starts.Select(start => fixture.ResultOf(start)).ToList();
        Assert.Equal(processes[0], processes[2]);
        Assert.Equal(processes[1], processes[3]);
        Assert.NotEqual(processes[0], processes[1]);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_kept_interpreter_runs_only_chunks_with_the_same_GPUs()
    {
        await using var fixture = new WarmFixture("import os\nseen = os.environ['CUDA_VISIBLE_DEVICES']\ndef process(start, count):\n    return [os.getpid(), seen]\n") { Mode = WarmMode.Keep };
        List<string[]> answers = [];
        foreach (var cards in (string[])["1", "1", "0"])
        {
            var start = fixture.Start();
            start = start with { Environment = new Dictionary<string, string>(start.Environment) { ["CUDA_VISIBLE_DEVICES"] = cards } };
            Assert.Equal("exit 0", (await fixture.RunAsync(start, TestContext.Current.CancellationToken)).How);
            answers.Add(fixture.ResultOf(start).Split(", "));
        }

        Assert.Equal(answers[0], answers[1]);
        Assert.NotEqual(answers[0][0], answers[2][0]);
        Assert.Equal("\"0\"]", answers[2][1]);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_stop_and_a_kill_after_the_end_of_a_chunk_do_not_hit_the_next_chunk()
    {
        await using var fixture = new WarmFixture("import os\ndef process(start, count):\n    return os.getpid()\n") { Mode = WarmMode.Keep };
        using var stop = new CancellationTokenSource();
        var process = new ProgramProcess();
        var first = fixture.Start() with { Process = process };
        Assert.Equal("exit 0", (await fixture.RunAsync(first, stop.Token).WaitAsync(TestContext.Current.CancellationToken)).How);

        await stop.CancelAsync();
        process.Kill();

        var second = fixture.Start();
        Assert.Equal("exit 0", (await fixture.RunAsync(second, TestContext.Current.CancellationToken)).How);
        Assert.Equal(fixture.ResultOf(first), fixture.ResultOf(second));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_timeout_at_the_very_end_of_a_chunk_gives_the_next_chunk_another_interpreter()
    {
        var limit = TimeSpan.FromHours(3);
        const string Script = "import os\ndef process(start, count):\n    return os.getpid()\n";
        await using var fixture = new WarmFixture(Script, time: new LateTimers(limit)) { Mode = WarmMode.Keep };
        var first = fixture.Start() with { Timeout = limit };
        Assert.Equal("exit 0", (await fixture.RunAsync(first, TestContext.Current.CancellationToken)).How);

        var second = fixture.Start();
        Assert.Equal("exit 0", (await fixture.RunAsync(second, TestContext.Current.CancellationToken)).How);
        Assert.NotEqual(fixture.ResultOf(first), fixture.ResultOf(second));
    }

    // Timers of one due time call back while they are disposed, like a timer that is due at that moment.
    private sealed class LateTimers(TimeSpan dueTime) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan due, TimeSpan period) =>
            due == dueTime ? new LateTimer(() => callback(state)) : base.CreateTimer(callback, state, due, period);

        private sealed class LateTimer(Action callback) : ITimer
        {
            public bool Change(TimeSpan due, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync()
            {
                callback();
                return ValueTask.CompletedTask;
            }
        }
    }
}
