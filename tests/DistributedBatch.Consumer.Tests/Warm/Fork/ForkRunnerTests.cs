using System.Diagnostics;
using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Warm.Fork;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Consumer.Tests.Warm.Fork;

public sealed class ForkRunnerTests
{
    [Fact(Timeout = 180_000)]
    public async Task Imports_are_done_once_and_what_they_print_appears_in_every_chunk()
    {
        await using var fixture = new WarmFixture("import this, colorsys\nprint(colorsys.__name__)\n");

        var plain = await fixture.RunColdAsync(fixture.Start());
        Assert.Equal(plain, await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken));
        Assert.Equal(plain, await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken));
        Assert.Equal(["this", "colorsys"], fixture.Warm.Summary(fixture.Run)!.Preloaded);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("CUDA_VISIBLE_DEVICES")]
    [InlineData("HIP_VISIBLE_DEVICES")]
    public async Task Chunks_on_different_GPUs_are_forked_from_one_zygote_and_see_their_own_GPU(string name)
    {
        await using var fixture = new WarmFixture($"import os, statistics\nprint(os.getppid(), os.environ['{name}'])\n");
        async Task<string[]> On(string card) =>
            (await fixture.RunAsync(fixture.Start(environment: new Dictionary<string, string> { [name] = card }), TestContext.Current.CancellationToken)).Stdout.Split();

        var (first, second) = (await On("0"), await On("1"));

        Assert.Equal(("0", "1"), (first[1], second[1]));
        Assert.Equal(first[0], second[0]);
    }

    [Fact(Timeout = 180_000)]
    public async Task Each_chunk_draws_the_random_numbers_of_its_seed()
    {
        WarmFixture.RequireTorch();
        await using var fixture = new WarmFixture("import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1).item())\n");

        var one = await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken);
        var again = await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken);
        var other = await fixture.RunAsync(fixture.Start(environment: new Dictionary<string, string> { ["DBATCH_SEED"] = "777" }), TestContext.Current.CancellationToken);

        Assert.Equal("exit 0", one.How);
        Assert.Equal(one.Stdout, again.Stdout);
        Assert.All(one.Stdout.Split(' ').Zip(other.Stdout.Split(' ')), pair => Assert.NotEqual(pair.First, pair.Second));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_library_that_starts_threads_is_left_to_the_jobs_and_named()
    {
        await using var fixture = new WarmFixture("import statistics, antigravity_pool\nprint(antigravity_pool.thread.is_alive())\n");
        var library = Path.Combine(fixture.Directory, "lib", "site-packages");
        fixture.Write("lib/site-packages/antigravity_pool.py", "import threading\nthread = threading.Thread(target=threading.Event().wait, daemon=True)\nthread.start()\n");
        var environment = new Dictionary<string, string> { ["PYTHONPATH"] = library };

        var start = fixture.Start(environment: environment);
        var choice = await fixture.ChooseAsync(start);
        Assert.Equal(WarmMode.Fork, choice.Mode);
        Assert.Equal("antigravity_pool is not preloaded: it starts threads when it is imported", choice.Reason);
        Assert.Equal(new ProgramResult("exit 0", "True\n", ""), await fixture.RunAsync(start, TestContext.Current.CancellationToken));
        Assert.Equal(["statistics"], fixture.Warm.Summary(fixture.Run)!.Preloaded);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_script_that_changes_during_the_run_is_read_again()
    {
        await using var fixture = new WarmFixture("import statistics\nprint('first')\n");

        Assert.Equal("first\n", (await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).Stdout);
        fixture.Write("script.py", "import colorsys\nprint('second', len('changed'))\n");
        Assert.Equal("second 7\n", (await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).Stdout);
        fixture.Write("script.py", "print(\n");
        Assert.Contains("SyntaxError", (await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).Stderr, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_timeout_kills_the_group_after_the_grace()
    {
        await using var fixture = new WarmFixture("""
            import signal, subprocess, sys, time
            child = subprocess.Popen(['sleep', '600'])
            print(child.pid, flush=True)
            signal.signal(signal.SIGTERM, lambda *a: print('asked', flush=True))
            while True:
                time.sleep(0.05)
            """);

        var ended = await fixture.RunAsync(fixture.Start() with { Timeout = TimeSpan.FromMilliseconds(700), Grace = TimeSpan.FromMilliseconds(300) }, TestContext.Current.CancellationToken);
        Assert.Equal("TimedOut", ended.How);
        Assert.EndsWith("asked\n", ended.Stdout, StringComparison.Ordinal);
        await EndedAsync(int.Parse(ended.Stdout.Split('\n')[0], null));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_chunk_that_is_stopped_ends_and_one_that_was_stopped_before_never_starts()
    {
        await using var fixture = new WarmFixture("import time\nprint('on', flush=True)\ntime.sleep(600)\n");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var start = fixture.Start();
        var running = fixture.RunAsync(start, stop.Token);
        await UntilAsync("the program runs", () => File.Exists(start.StdoutPath) && new FileInfo(start.StdoutPath).Length > 0);
        await stop.CancelAsync();

        Assert.Equal(new ProgramResult("Stopped", "on\n", ""), await running);
        Assert.Equal(new ProgramResult("Stopped", "", ""), await fixture.RunAsync(fixture.Start(), stop.Token));
    }

    [Fact(Timeout = 180_000)]
    public async Task Processes_that_a_chunk_leaves_end_with_it()
    {
        await using var fixture = new WarmFixture("import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid)\nprint(subprocess.Popen(['setsid', 'sleep', '601']).pid)\n");

        var ended = await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken);
        Assert.Equal("exit 0", ended.How);
        foreach (var pid in ended.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            await EndedAsync(int.Parse(pid, null));
    }

    [Fact(Timeout = 180_000)]
    public async Task Orphans_are_killed_while_other_chunks_run()
    {
        // Without and with a new program, in a session of their own.
        await using var fixture = new WarmFixture("""
            import os, subprocess, sys, time
            if sys.argv[1] == 'wait':
                while not os.path.exists('go'): time.sleep(0.01)
                sys.exit()
            child = subprocess.Popen(['setsid', 'env', '-i', 'sleep', '600'])
            pid = os.fork()
            if pid == 0:
                os.setsid()
                time.sleep(600)
            print(pid, child.pid, flush=True)
            """);
        var other = fixture.RunAsync(fixture.Start([WarmFixture.Python, "script.py", "wait"]), TestContext.Current.CancellationToken);
        var start = fixture.Start([WarmFixture.Python, "script.py", "orphans"]);

        Assert.Equal("exit 0", (await fixture.RunAsync(start, TestContext.Current.CancellationToken)).How);

        foreach (var pid in File.ReadAllText(start.StdoutPath).Split(' '))
            await EndedAsync(int.Parse(pid, null));
        Assert.False(other.IsCompleted);
        fixture.Write("go", "");
        Assert.Equal("exit 0", (await other).How);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("pass")]
    [InlineData("raise RuntimeError('boom')")]
    public async Task Shared_memory_of_a_fork_is_tidied_up(string end)
    {
        await using var fixture = new WarmFixture($"from multiprocessing import shared_memory\ns = shared_memory.SharedMemory(create=True, size=1 << 20)\nprint(s.name, flush=True)\n{end}\n");
        var start = fixture.Start();
        await fixture.RunAsync(start, TestContext.Current.CancellationToken);
        Assert.False(File.Exists($"/dev/shm/{File.ReadAllText(start.StdoutPath).Trim()}"));
    }

    [Fact(Timeout = 180_000)]
    public async Task When_the_zygote_is_killed_its_jobs_end_and_the_next_chunk_gets_another()
    {
        await using var fixture = new WarmFixture("import os, subprocess, sys, time\nif sys.argv[1:]:\n    subprocess.Popen(['sleep', '600'])\n    print(os.getpid(), os.getppid(), flush=True)\n    time.sleep(600)\n");
        var start = fixture.Start([WarmFixture.Python, "script.py", "wait"]);
        var running = fixture.RunAsync(start, TestContext.Current.CancellationToken);
        await UntilAsync("the program runs", () => File.Exists(start.StdoutPath) && File.ReadAllText(start.StdoutPath).EndsWith('\n'));
        var processes = File.ReadAllText(start.StdoutPath).Split(' ').Select(text => int.Parse(text, null)).ToArray();

        using (var zygote = Process.GetProcessById(processes[1]))
            zygote.Kill();
        Assert.Equal("killed its runner", (await running).How);
        await GroupEndedAsync(processes[0]);
        Assert.Equal("exit 0", (await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).How);
    }

    [Fact(Timeout = 180_000)]
    public async Task When_the_consumer_goes_away_zygote_and_jobs_end()
    {
        var fixture = new WarmFixture("import os, signal, subprocess, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nsubprocess.Popen(['sleep', '600'])\nprint(os.getpid(), os.getppid(), flush=True)\ntime.sleep(600)\n");
        var start = fixture.Start();
        var running = fixture.RunAsync(start, TestContext.Current.CancellationToken);
        await UntilAsync("the program runs", () => File.Exists(start.StdoutPath) && File.ReadAllText(start.StdoutPath).EndsWith('\n'));
        var processes = File.ReadAllText(start.StdoutPath).Split(' ').Select(text => int.Parse(text, null)).ToArray();

        // The input of the zygote is closed, as by the kernel when the consumer was killed.
        await fixture.Warm.DisposeAsync();
        await running;
        await GroupEndedAsync(processes[0]);
        await EndedAsync(processes[1]);
        await fixture.DisposeAsync();
    }

    [Fact(Timeout = 240_000)]
    public async Task Hundreds_of_forks_leave_no_memory_and_no_descriptors_behind()
    {
        await using var fixture = new WarmFixture("import os\nprint(os.getppid())\n", new WarmStartOptions { ForksPerZygote = 100_000 });
        var zygote = int.Parse((await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).Stdout, null);
        async Task ForkAsync(int times)
        {
            var start = fixture.Start();
            var other = fixture.Start();
            for (var i = 0; i < times; i += 2)
                await Task.WhenAll(fixture.RunAsync(start, TestContext.Current.CancellationToken), fixture.RunAsync(other, TestContext.Current.CancellationToken));
        }

        await ForkAsync(40);
        var (memory, files) = Holds(zygote);
        await ForkAsync(200);
        var (memoryAfter, filesAfter) = Holds(zygote);

        Assert.Equal(files, filesAfter);
        Assert.InRange(memoryAfter - memory, long.MinValue, 64 * 1024);
        Assert.Equal(zygote, int.Parse((await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).Stdout, null));
    }

    [Fact(Timeout = 180_000)]
    public async Task After_some_forks_the_zygote_is_on_large_pages_where_the_kernel_supports_it()
    {
        WarmFixture.RequireTorch();
        await using var fixture = new WarmFixture("import os\nimport torch\nprint(os.getppid())\n");
        var results = new List<ProgramResult>();
        for (var i = 0; i < 40; i++)
            results.Add(await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken));

        Assert.All(results, result => Assert.Equal("exit 0", result.How));
        var zygote = int.Parse(results[^1].Stdout, null);
        Assert.Equal(zygote, int.Parse(results[0].Stdout, null));
        var collapses = Environment.OSVersion.Version >= new Version(6, 1) && Directory.Exists("/sys/kernel/mm/transparent_hugepage");
        Assert.Equal(collapses, Kilobytes(zygote, "smaps_rollup", "AnonHugePages:") > 20_000);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_zygote_is_replaced_after_its_number_of_forks()
    {
        await using var fixture = new WarmFixture("import os\nprint(os.getppid())\n", new WarmStartOptions { ForksPerZygote = 2 });
        var parents = new List<string>();
        for (var i = 0; i < 5; i++)
            parents.Add((await fixture.RunAsync(fixture.Start(), TestContext.Current.CancellationToken)).Stdout);

        Assert.Equal(3, parents.Distinct().Count());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_command_that_is_not_python_gets_a_process_per_chunk_and_the_reason()
    {
        await using var fixture = new WarmFixture { Mode = WarmMode.Auto };

        var start = fixture.Start(["/bin/echo", "hello"]);
        Assert.Equal("hello\n", (await fixture.RunAsync(start, TestContext.Current.CancellationToken)).Stdout);
        var summary = fixture.Warm.Summary(fixture.Run)!;
        Assert.Equal((WarmMode.Off, "the command starts '/bin/echo', which is not a Python interpreter"), (summary.Mode, summary.Reason));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_missing_interpreter_is_a_reason_and_not_a_failure()
    {
        await using var fixture = new WarmFixture("print(1)");

        var choice = await fixture.ChooseAsync(fixture.Start(["/nowhere/python3", "script.py"])).WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(WarmMode.Off, choice.Mode);
        Assert.Contains("/nowhere/python3", choice.Reason, StringComparison.Ordinal);
    }

    private static (long Bytes, int Files) Holds(int process) => (
        Kilobytes(process, "status", "RssAnon:") * 1024,
        Directory.GetFiles($"/proc/{process}/fd").Length);

    private static long Kilobytes(int process, string file, string field) => long.Parse(
        File.ReadLines($"/proc/{process}/{file}").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], null);

    private static bool GroupLives(int group) =>
        ProcFs.All().Any(process => ProcFs.Stat(process) is [not "Z", _, var processGroup, ..] && processGroup == $"{group}");

    private static Task GroupEndedAsync(int group) => UntilAsync($"process group {group} has ended", () => !GroupLives(group));

    private static Task EndedAsync(int process) => UntilAsync($"process {process} has ended", () => !ProcessKiller.IsAlive(process));

    private static Task UntilAsync(string what, Func<bool> condition) =>
        Eventually.HoldsAsync(what, condition, TestContext.Current.CancellationToken, TimeSpan.FromMinutes(2));
}
