using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm;

namespace DistributedBatch.Consumer.Tests.Warm;

public sealed class KeepRunnerTests
{
    [Fact(Timeout = 180_000)]
    public async Task The_script_is_loaded_once_and_its_function_called_for_every_chunk()
    {
        await using var place = new WarmPlace("""
            import os
            calls = []
            print('loaded as', __name__)
            def process(start, count):
                calls.append(start)
                return {'calls': calls, 'chunk': os.environ['DBATCH_START'], 'items': list(range(start, start + count)), 'pid': os.getpid() > 1}
            if __name__ == '__main__':
                raise SystemExit('the main guard must stay shut')
            """) { Mode = WarmMode.Keep };

        var first = place.Start(start: 10, count: 2);
        Assert.Equal(new Ending("exit 0", "loaded as __dbatch_job__\n", ""), await place.RunAsync(first, TestContext.Current.CancellationToken));
        var second = place.Start(start: 12, count: 1);
        Assert.Equal(new Ending("exit 0", "", ""), await place.RunAsync(second, TestContext.Current.CancellationToken));

        Assert.Equal("""{"calls": [10], "chunk": "10", "items": [10, 11], "pid": true}""", place.ResultOf(first));
        Assert.Equal("""{"calls": [10, 12], "chunk": "12", "items": [12], "pid": true}""", place.ResultOf(second));
        Assert.Equal(WarmMode.Keep, place.Warm.Summary(place.Run)!.Mode);
        Assert.Equal(2, place.Warm.Summary(place.Run)!.Starts);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_function_of_one_argument_gets_the_items_themselves()
    {
        await using var place = new WarmPlace("def process(items):\n    return [str(item) for item in items]\n") { Mode = WarmMode.Keep };

        var range = place.Start(start: 3, count: 2);
        var texts = place.Start() with { Items = [["a.png"], ["b.png"]] };
        var rows = place.Start() with { Items = [["1", "x"]], Columns = ["lr", "name"] };
        foreach (var start in (ProgramStart[])[range, texts, rows])
            Assert.Equal("exit 0", (await place.RunAsync(start, TestContext.Current.CancellationToken)).How);

        Assert.Equal("""["3", "4"]""", place.ResultOf(range));
        Assert.Equal("""["a.png", "b.png"]""", place.ResultOf(texts));
        Assert.Equal("""["{'lr': '1', 'name': 'x'}"]""", place.ResultOf(rows));
    }

    [Fact(Timeout = 180_000)]
    public async Task An_exception_fails_only_its_chunk_and_leaves_its_traceback()
    {
        await using var place = new WarmPlace("""
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

        Assert.Equal(new Ending("exit 0", "chunk 0 seen 1\n", ""), await place.RunAsync(place.Start(start: 0), TestContext.Current.CancellationToken));
        var failed = await place.RunAsync(place.Start(start: 1), TestContext.Current.CancellationToken);
        Assert.Equal("exit 1", failed.How);
        Assert.Equal(
            $"Traceback (most recent call last):\n  File \"{place.Directory}/script.py\", line 7, in process\n    raise ValueError('item 1 is broken')\nValueError: item 1 is broken\n",
            failed.Stderr);
        Assert.Equal(new Ending("exit 1", "chunk 2 seen 3\n", "leaving\n"), await place.RunAsync(place.Start(start: 2), TestContext.Current.CancellationToken));
        Assert.Equal(new Ending("exit 0", "chunk 3 seen 4\n", ""), await place.RunAsync(place.Start(start: 3), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_crash_takes_only_its_chunk_along_and_the_next_gets_a_new_interpreter()
    {
        await using var place = new WarmPlace("""
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

        Assert.Equal(new Ending("exit 0", "0 1\n", ""), await place.RunAsync(place.Start(start: 0), TestContext.Current.CancellationToken));
        Assert.Equal(new Ending("signal 11", "1 2\n", ""), await place.RunAsync(place.Start(start: 1), TestContext.Current.CancellationToken));
        Assert.Equal(new Ending("exit 3", "2 1\n", ""), await place.RunAsync(place.Start(start: 2), TestContext.Current.CancellationToken));
        Assert.Equal(new Ending("exit 0", "3 1\n", ""), await place.RunAsync(place.Start(start: 3), TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_timeout_ends_the_interpreter_and_only_that_chunk()
    {
        await using var place = new WarmPlace("import time\ndef process(start, count):\n    time.sleep(start)\n") { Mode = WarmMode.Keep };

        Assert.Equal("exit 0", (await place.RunAsync(place.Start(start: 0) with { Timeout = TimeSpan.FromSeconds(20) }, TestContext.Current.CancellationToken)).How);
        Assert.Equal("TimedOut", (await place.RunAsync(place.Start(start: 60) with { Timeout = TimeSpan.FromMilliseconds(200) }, TestContext.Current.CancellationToken)).How);
        Assert.Equal("exit 0", (await place.RunAsync(place.Start(start: 0), TestContext.Current.CancellationToken)).How);
    }

    [Fact(Timeout = 180_000)]
    public async Task An_interpreter_that_grew_too_large_is_replaced_between_two_chunks()
    {
        await using var place = new WarmPlace("""
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
            var start = place.Start(start: size);
            Assert.Equal("exit 0", (await place.RunAsync(start, TestContext.Current.CancellationToken)).How);
            processes.Add(place.ResultOf(start));
        }

        Assert.Equal(processes[0], processes[1]);
        Assert.NotEqual(processes[1], processes[2]);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_script_that_fails_to_load_fails_the_chunk_and_is_tried_again_for_the_next()
    {
        await using var place = new WarmPlace("import os\nif not os.path.exists('ready'):\n    raise RuntimeError('not yet')\ndef process(start, count):\n    pass\n") { Mode = WarmMode.Keep };

        var failed = await place.RunAsync(place.Start(), TestContext.Current.CancellationToken);
        Assert.Equal("exit 1", failed.How);
        Assert.EndsWith("RuntimeError: not yet\n", failed.Stderr, StringComparison.Ordinal);
        place.Write("ready", "");
        Assert.Equal(new Ending("exit 0", "", ""), await place.RunAsync(place.Start(), TestContext.Current.CancellationToken));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("'x' * 10", "\"xxxxxxxxxx\"", false)]
    [InlineData("'é\\n'", "\"\\u00e9\\n\"", false)]
    [InlineData("{'a': [1.5, None, True]}", "{\"a\": [1.5, null, true]}", false)]
    [InlineData("list(range(2000))", null, true)]
    [InlineData("float('nan')", "NaN", true)]
    public async Task A_small_result_comes_with_the_answer_and_any_other_in_its_file(string value, string? json, bool inFile)
    {
        await using var place = new WarmPlace($"def process(start, count):\n    return {value}\n") { Mode = WarmMode.Keep };
        var start = place.Start();

        Assert.Equal("exit 0", (await place.RunAsync(start, TestContext.Current.CancellationToken)).How);

        Assert.Equal(inFile, File.Exists(start.Environment["DBATCH_RESULT"]));
        Assert.Equal(json ?? $"[{string.Join(", ", Enumerable.Range(0, 2000))}]", place.ResultOf(start));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_result_that_json_cannot_hold_fails_the_chunk_with_a_sentence()
    {
        await using var place = new WarmPlace("def process(start, count):\n    return object()\n") { Mode = WarmMode.Keep };

        var failed = await place.RunAsync(place.Start(), TestContext.Current.CancellationToken);
        Assert.Equal("exit 1", failed.How);
        Assert.Contains("process() returned a object, which JSON cannot hold", failed.Stderr, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_result_that_contains_itself_fails_the_chunk_with_one_traceback()
    {
        await using var place = new WarmPlace("def process(start, count):\n    loop = []\n    loop.append(loop)\n    return loop\n") { Mode = WarmMode.Keep };

        var failed = await place.RunAsync(place.Start(), TestContext.Current.CancellationToken);
        Assert.Equal("exit 1", failed.How);
        Assert.Contains("ValueError: Circular reference detected", failed.Stderr, StringComparison.Ordinal);
        Assert.Equal(2, failed.Stderr.Split("Traceback (most recent call last)").Length);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_script_without_the_function_is_forked_and_the_reason_says_so()
    {
        await using var place = new WarmPlace("print('plain')\n") { Mode = WarmMode.Keep };

        var start = place.Start();
        var choice = await place.ChooseAsync(start);
        Assert.Equal(WarmMode.Fork, choice.Mode);
        Assert.Contains("offers no function process(start, count)", choice.Reason, StringComparison.Ordinal);
        Assert.Equal(new Ending("exit 0", "plain\n", ""), await place.RunAsync(start, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 180_000)]
    public async Task Every_slot_has_an_interpreter_of_its_own()
    {
        await using var place = new WarmPlace("import os\ndef process(start, count):\n    return os.getpid()\n") { Mode = WarmMode.Keep };
        ProgramStart[] starts = [.. Enumerable.Range(0, 4).Select(number => place.Start() with { Slot = number % 2 })];
        foreach (var start in starts)
            Assert.Equal("exit 0", (await place.RunAsync(start, TestContext.Current.CancellationToken)).How);

        var processes = starts.Select(start => place.ResultOf(start)).ToList();
        Assert.Equal(processes[0], processes[2]);
        Assert.Equal(processes[1], processes[3]);
        Assert.NotEqual(processes[0], processes[1]);
    }

    [Fact(Timeout = 180_000)]
    public async Task An_interpreter_serves_only_chunks_that_lease_the_cards_it_began_with()
    {
        await using var place = new WarmPlace("import os\nseen = os.environ['CUDA_VISIBLE_DEVICES']\ndef process(start, count):\n    return [os.getpid(), seen]\n") { Mode = WarmMode.Keep };
        List<string[]> answers = [];
        foreach (var cards in (string[])["1", "1", "0"])
        {
            var start = place.Start();
            start = start with { Environment = new Dictionary<string, string>(start.Environment) { ["CUDA_VISIBLE_DEVICES"] = cards } };
            Assert.Equal("exit 0", (await place.RunAsync(start, TestContext.Current.CancellationToken)).How);
            answers.Add(place.ResultOf(start).Split(", "));
        }

        Assert.Equal(answers[0], answers[1]);
        Assert.NotEqual(answers[0][0], answers[2][0]);
        Assert.Equal("\"0\"]", answers[2][1]);
    }
}
