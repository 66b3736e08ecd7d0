using System.Diagnostics;
using DistributedBatch.Consumer.Warm;

namespace DistributedBatch.Consumer.Tests.Warm;

public sealed class ForkRunnerTests
{
    [Fact(Timeout = 180_000)]
    public async Task Imports_are_done_once_and_what_they_print_appears_in_every_chunk()
    {
        await using var place = new WarmPlace("import this, colorsys\nprint(colorsys.__name__)\n");

        var plain = await place.RunColdAsync(place.Start());
        Assert.Equal(plain, await place.RunAsync(place.Start(), TestContext.Current.CancellationToken));
        Assert.Equal(plain, await place.RunAsync(place.Start(), TestContext.Current.CancellationToken));
        Assert.Equal(["this", "colorsys"], place.Warm.Summary(place.Run)!.Preloaded);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("CUDA_VISIBLE_DEVICES")]
    [InlineData("HIP_VISIBLE_DEVICES")]
    public async Task Chunks_on_different_cards_come_from_one_interpreter_and_see_their_own(string name)
    {
        await using var place = new WarmPlace($"import os, statistics\nprint(os.getppid(), os.environ['{name}'])\n");
        async Task<string[]> On(string card) =>
            (await place.RunAsync(place.Start(environment: new Dictionary<string, string> { [name] = card }), TestContext.Current.CancellationToken)).Stdout.Split();

        var (first, second) = (await On("0"), await On("1"));

        Assert.Equal(("0", "1"), (first[1], second[1]));
        Assert.Equal(first[0], second[0]);
    }

    [Fact(Timeout = 180_000)]
    public async Task Each_chunk_has_the_randomness_of_its_seed()
    {
        WarmPlace.NeedTorch();
        await using var place = new WarmPlace("import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1).item())\n");

        var one = await place.RunAsync(place.Start(), TestContext.Current.CancellationToken);
        var again = await place.RunAsync(place.Start(), TestContext.Current.CancellationToken);
        var other = await place.RunAsync(place.Start(environment: new Dictionary<string, string> { ["DBATCH_SEED"] = "777" }), TestContext.Current.CancellationToken);

        Assert.Equal("exit 0", one.How);
        Assert.Equal(one.Stdout, again.Stdout);
        Assert.All(one.Stdout.Split(' ').Zip(other.Stdout.Split(' ')), pair => Assert.NotEqual(pair.First, pair.Second));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_library_that_starts_threads_is_left_to_the_jobs_and_named()
    {
        await using var place = new WarmPlace("import statistics, antigravity_pool\nprint(antigravity_pool.thread.is_alive())\n");
        var library = Path.Combine(place.Directory, "lib", "site-packages");
        place.Write("lib/site-packages/antigravity_pool.py", "import threading\nthread = threading.Thread(target=threading.Event().wait, daemon=True)\nthread.start()\n");
        var environment = new Dictionary<string, string> { ["PYTHONPATH"] = library };

        var start = place.Start(environment: environment);
        var choice = await place.ChooseAsync(start);
        Assert.Equal(WarmMode.Fork, choice.Mode);
        Assert.Equal("antigravity_pool is not preloaded: it starts threads when it is imported", choice.Reason);
        Assert.Equal(new Ending("exit 0", "True\n", ""), await place.RunAsync(start, TestContext.Current.CancellationToken));
        Assert.Equal(["statistics"], place.Warm.Summary(place.Run)!.Preloaded);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_script_that_changes_while_the_run_is_on_is_run_as_it_is()
    {
        await using var place = new WarmPlace("import statistics\nprint('first')\n");

        Assert.Equal("first\n", (await place.RunAsync(place.Start(), TestContext.Current.CancellationToken)).Stdout);
        place.Write("script.py", "import colorsys\nprint('second', len('changed'))\n");
        Assert.Equal("second 7\n", (await place.RunAsync(place.Start(), TestContext.Current.CancellationToken)).Stdout);
        place.Write("script.py", "print(\n");
        Assert.Contains("SyntaxError", (await place.RunAsync(place.Start(), TestContext.Current.CancellationToken)).Stderr, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_timeout_kills_the_group_after_the_grace()
    {
        await using var place = new WarmPlace("""
            import signal, subprocess, sys, time
            child = subprocess.Popen(['sleep', '600'])
            print(child.pid, flush=True)
            signal.signal(signal.SIGTERM, lambda *a: print('asked', flush=True))
            while True:
                time.sleep(0.05)
            """);

        var ended = await place.RunAsync(place.Start() with { Timeout = TimeSpan.FromMilliseconds(700), Grace = TimeSpan.FromMilliseconds(300) }, TestContext.Current.CancellationToken);
        Assert.Equal("TimedOut", ended.How);
        Assert.EndsWith("asked\n", ended.Stdout, StringComparison.Ordinal);
        await GoneAsync(int.Parse(ended.Stdout.Split('\n')[0], null));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_chunk_that_is_stopped_ends_and_one_that_was_stopped_before_never_starts()
    {
        await using var place = new WarmPlace("import time\nprint('on', flush=True)\ntime.sleep(600)\n");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var start = place.Start();
        var running = place.RunAsync(start, stop.Token);
        await UntilAsync(() => File.Exists(start.StdoutPath) && new FileInfo(start.StdoutPath).Length > 0);
        await stop.CancelAsync();

        Assert.Equal(new Ending("Stopped", "on\n", ""), await running);
        Assert.Equal(new Ending("Stopped", "", ""), await place.RunAsync(place.Start(), stop.Token));
    }

    [Fact(Timeout = 180_000)]
    public async Task What_a_chunk_leaves_behind_ends_with_it()
    {
        await using var place = new WarmPlace("import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid)\nprint(subprocess.Popen(['setsid', 'sleep', '601']).pid)\n");

        var ended = await place.RunAsync(place.Start(), TestContext.Current.CancellationToken);
        Assert.Equal("exit 0", ended.How);
        foreach (var pid in ended.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            await GoneAsync(int.Parse(pid, null));
    }

    [Fact(Timeout = 180_000)]
    public async Task When_the_zygote_is_killed_its_jobs_end_and_the_next_chunk_gets_another()
    {
        await using var place = new WarmPlace("import os, subprocess, sys, time\nif sys.argv[1:]:\n    subprocess.Popen(['sleep', '600'])\n    print(os.getpid(), os.getppid(), flush=True)\n    time.sleep(600)\n");
        var start = place.Start([WarmPlace.Python, "script.py", "wait"]);
        var running = place.RunAsync(start, TestContext.Current.CancellationToken);
        await UntilAsync(() => File.Exists(start.StdoutPath) && File.ReadAllText(start.StdoutPath).EndsWith('\n'));
        var processes = File.ReadAllText(start.StdoutPath).Split(' ').Select(text => int.Parse(text, null)).ToArray();

        using (var zygote = Process.GetProcessById(processes[1]))
            zygote.Kill();
        Assert.StartsWith("runner lost", (await running).How, StringComparison.Ordinal);
        await UntilAsync(() => !GroupLives(processes[0]));
        Assert.Equal("exit 0", (await place.RunAsync(place.Start(), TestContext.Current.CancellationToken)).How);
    }

    [Fact(Timeout = 180_000)]
    public async Task When_our_side_goes_away_nothing_stays()
    {
        var place = new WarmPlace("import os, signal, subprocess, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nsubprocess.Popen(['sleep', '600'])\nprint(os.getpid(), os.getppid(), flush=True)\ntime.sleep(600)\n");
        var start = place.Start();
        var running = place.RunAsync(start, TestContext.Current.CancellationToken);
        await UntilAsync(() => File.Exists(start.StdoutPath) && File.ReadAllText(start.StdoutPath).EndsWith('\n'));
        var processes = File.ReadAllText(start.StdoutPath).Split(' ').Select(text => int.Parse(text, null)).ToArray();

        // Closing the zygote's input is all that the kernel does for a killed consumer, too.
        await place.Warm.DisposeAsync();
        await running;
        await UntilAsync(() => !GroupLives(processes[0]));
        await GoneAsync(processes[1]);
        await place.DisposeAsync();
    }

    [Fact(Timeout = 240_000)]
    public async Task Hundreds_of_forks_leave_no_memory_and_no_descriptors_behind()
    {
        await using var place = new WarmPlace("import os\nprint(os.getppid())\n", new WarmStartOptions { ForksPerZygote = 100_000 });
        var zygote = int.Parse((await place.RunAsync(place.Start(), TestContext.Current.CancellationToken)).Stdout, null);
        async Task ForkAsync(int times)
        {
            var start = place.Start();
            var other = place.Start();
            for (var i = 0; i < times; i += 2)
                await Task.WhenAll(place.RunAsync(start, TestContext.Current.CancellationToken), place.RunAsync(other, TestContext.Current.CancellationToken));
        }

        await ForkAsync(40);
        var (memory, files) = Holds(zygote);
        await ForkAsync(200);
        var (memoryAfter, filesAfter) = Holds(zygote);

        Assert.Equal(files, filesAfter);
        Assert.InRange(memoryAfter - memory, long.MinValue, 64 * 1024);
        Assert.Equal(zygote, int.Parse((await place.RunAsync(place.Start(), TestContext.Current.CancellationToken)).Stdout, null));
    }

    [Fact(Timeout = 180_000)]
    public async Task After_some_forks_the_interpreter_is_on_large_pages_where_the_kernel_has_them()
    {
        WarmPlace.NeedTorch();
        await using var place = new WarmPlace("import os\nimport torch\nprint(os.getppid())\n");
        var results = new List<Ending>();
        for (var i = 0; i < 40; i++)
            results.Add(await place.RunAsync(place.Start(), TestContext.Current.CancellationToken));

        Assert.All(results, result => Assert.Equal("exit 0", result.How));
        var zygote = int.Parse(results[^1].Stdout, null);
        Assert.Equal(zygote, int.Parse(results[0].Stdout, null));
        var collapses = Environment.OSVersion.Version >= new Version(6, 1) && Directory.Exists("/sys/kernel/mm/transparent_hugepage");
        Assert.Equal(collapses, Kilobytes(zygote, "smaps_rollup", "AnonHugePages:") > 20_000);
    }

    [Fact(Timeout = 180_000)]
    public async Task After_some_forks_what_the_loader_wrote_into_libraries_is_as_in_a_file_and_still_the_same()
    {
        await using var place = new WarmPlace("""
            import ctypes, decimal, sqlite3, zlib
            found = [line.split(None, 5) for line in open("/proc/self/maps")]
            moved = before = sum = 0
            for (place, permissions, _, _, _, *name), (_, after, _, _, _, *library) in zip(found, found[1:]):
                if (permissions, after) == ("r--p", "rw-p") and name and library and library[0].startswith("/"):
                    start, end = (int(word, 16) for word in place.split("-"))
                    sum = zlib.crc32(ctypes.string_at(start, end - start), sum)
                    if "relocated" in name[0]:
                        moved += 1
                    else:
                        before += 1
            print(moved, before, sum)
            """);
        var results = new List<long[]>();
        for (var i = 0; i < 40; i++)
        {
            var ended = await place.RunAsync(place.Start(), TestContext.Current.CancellationToken);
            Assert.Equal("exit 0", ended.How);
            results.Add([.. ended.Stdout.Split(' ').Select(word => long.Parse(word, null))]);
        }

        Assert.Equal([0, results[0][1], results[0][2]], results[0]);
        Assert.InRange(results[0][1], 5, long.MaxValue);
        Assert.Equal([results[0][1], 0, results[0][2]], results[^1]);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_zygote_is_replaced_after_its_number_of_forks()
    {
        await using var place = new WarmPlace("import os\nprint(os.getppid())\n", new WarmStartOptions { ForksPerZygote = 2 });
        var parents = new List<string>();
        for (var i = 0; i < 5; i++)
            parents.Add((await place.RunAsync(place.Start(), TestContext.Current.CancellationToken)).Stdout);

        Assert.Equal(3, parents.Distinct().Count());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_command_that_is_not_python_gets_a_process_per_chunk_and_the_reason()
    {
        await using var place = new WarmPlace { Mode = WarmMode.Auto };

        var start = place.Start(["/bin/echo", "hello"]);
        Assert.Equal("hello\n", (await place.RunAsync(start, TestContext.Current.CancellationToken)).Stdout);
        var summary = place.Warm.Summary(place.Run)!;
        Assert.Equal((WarmMode.Off, "the command starts '/bin/echo', which is not a Python interpreter"), (summary.Mode, summary.Reason));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_missing_interpreter_is_a_reason_and_not_a_failure()
    {
        await using var place = new WarmPlace("print(1)");

        var choice = await place.ChooseAsync(place.Start(["/nowhere/python3", "script.py"])).WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(WarmMode.Off, choice.Mode);
        Assert.Contains("/nowhere/python3", choice.Reason, StringComparison.Ordinal);
    }

    private static (long Bytes, int Files) Holds(int process) => (
        Kilobytes(process, "status", "RssAnon:") * 1024,
        Directory.GetFiles($"/proc/{process}/fd").Length);

    private static long Kilobytes(int process, string file, string field) => long.Parse(
        File.ReadLines($"/proc/{process}/{file}").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], null);

    private static bool GroupLives(int group) => Directory.EnumerateDirectories("/proc").Any(directory =>
    {
        try
        {
            return int.TryParse(Path.GetFileName(directory), out _) && File.ReadAllText(Path.Combine(directory, "stat")) is var stat
                && stat[(stat.LastIndexOf(')') + 2)..].Split(' ') is [not "Z", _, var its, ..] && its == $"{group}";
        }
        catch (IOException)
        {
            return false;
        }
    });

    private static Task GoneAsync(int process) => UntilAsync(() => !Directory.Exists($"/proc/{process}") || File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal));

    // The kernel tells nobody but the parent of a death, so looking is all that a test can do; its timeout is the limit.
    private static async Task UntilAsync(Func<bool> holds)
    {
        while (true)
        {
            try
            {
                if (holds())
                    return;
            }
            catch (IOException)
            {
                // It went while we looked.
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
