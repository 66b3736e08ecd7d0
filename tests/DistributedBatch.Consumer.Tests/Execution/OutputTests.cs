namespace DistributedBatch.Consumer.Tests.Execution;

/// <summary>What a program may leave in its output directory, and what it may do to its files, with a real consumer and real programs.</summary>
public class OutputTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private static JobSpec Shell(string script) => new() { Command = ["/bin/sh", "-c", script] };

    private static JobSpec Python(string script) => new() { Command = ["/usr/bin/python3", "-c", script], Warm = WarmMode.Off };

    private static Task<ConsumerHarness> StartAsync(CancellationToken test) => ConsumerHarness.StartAsync(test, options => options.Slots = 1);

    [Theory(Timeout = 60_000)]
    [InlineData("mv $DBATCH_OUT $DBATCH_OUT.moved")]
    [InlineData("rmdir $DBATCH_OUT")]
    [InlineData("rmdir $DBATCH_OUT; touch $DBATCH_OUT")]
    [InlineData("rmdir $DBATCH_OUT; ln -s /tmp $DBATCH_OUT")]
    [InlineData("rm -rf $(dirname $DBATCH_OUT)")]
    public async Task An_attempt_that_takes_its_output_directory_away_fails_and_the_next_one_finds_its_own(string script)
    {
        await using var harness = await StartAsync(TestContext.Current.CancellationToken);

        var guilty = await harness.RunAsync(Shell(script));
        var next = await harness.RunAsync(Shell("echo x > $DBATCH_OUT/part; echo 1 > $DBATCH_RESULT; echo printed"), chunk => chunk with { Index = 1 });

        Assert.Equal((0, AttemptOutcome.ExitCode), (guilty.Index, guilty.Outcome));
        Assert.Contains("output directory", guilty.Error, StringComparison.Ordinal);
        Assert.Equal((AttemptOutcome.Succeeded, "1"), (next.Outcome, next.Result));
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(harness.Output(1), "part"), Test));
        Assert.Equal("printed\n", await File.ReadAllTextAsync(harness.Log(1, 1, "out"), Test));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("mkdir -p $DBATCH_RESULT/x")]
    [InlineData("rm -f $DBATCH_OUT/../stdout; mkdir $DBATCH_OUT/../stdout")]
    [InlineData("rm -f $DBATCH_OUT/../stderr; ln -s /no/such/file $DBATCH_OUT/../stderr")]
    [InlineData("chmod 0 $DBATCH_OUT/../stdout")]
    [InlineData("chmod 0 $DBATCH_OUT/..")]
    [InlineData("mkdir -p $DBATCH_OUT/a/b; chmod -R a-w $DBATCH_OUT; exit 1")]
    [InlineData("mv $DBATCH_OUT /nowhere; rm -rf $DBATCH_OUT; exit 1")]
    public async Task Whatever_an_attempt_does_to_its_files_the_next_one_finds_new_ones(string script)
    {
        await using var harness = await StartAsync(TestContext.Current.CancellationToken);

        await harness.RunAsync(Shell(script));
        var next = await harness.RunAsync(Shell("test -z \"$(ls -A $DBATCH_OUT)\" && echo 1 > $DBATCH_RESULT && echo printed"), chunk => chunk with { Index = 1 });

        Assert.Equal((AttemptOutcome.Succeeded, "1"), (next.Outcome, next.Result));
        Assert.Equal("printed\n", await File.ReadAllTextAsync(harness.Log(1, 1, "out"), Test));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_directory_that_this_host_cannot_write_is_named_before_the_work_and_tried_again()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        var taken = harness.Directory.Write("results", "a file");
        var job = new JobSpec { Command = ["sh", "-c", "echo x >$DBATCH_OUT/item; echo ran >>" + harness.Directory["ran"]], OutputDirectory = taken };

        var report = await harness.RunAsync(job);

        Assert.Equal(AttemptOutcome.NotStarted, report.Outcome);
        Assert.Contains($"Host box: the outputs cannot be written to {taken}: ", report.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(harness.Directory["ran"]));

        File.Delete(taken);
        Assert.Equal(AttemptOutcome.Succeeded, (await harness.RunAsync(job)).Outcome);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_output_directory_that_was_made_anew_or_unreadable_is_stored()
    {
        await using var harness = await StartAsync(TestContext.Current.CancellationToken);

        var anew = await harness.RunAsync(Shell("rm -rf $DBATCH_OUT; mkdir $DBATCH_OUT; echo x > $DBATCH_OUT/part"));
        var unreadable = await harness.RunAsync(Shell("mkdir $DBATCH_OUT/d; echo x > $DBATCH_OUT/d/part; chmod 0 $DBATCH_OUT/d/part $DBATCH_OUT/d $DBATCH_OUT"), chunk => chunk with { Index = 1 });

        Assert.Equal((AttemptOutcome.Succeeded, AttemptOutcome.Succeeded), (anew.Outcome, unreadable.Outcome));
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(harness.Output(0), "part"), Test));
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(harness.Output(1), "d", "part"), Test));
    }

    [Fact(Timeout = 60_000)]
    public async Task Sockets_and_named_pipes_are_left_out_with_a_line_in_the_log()
    {
        await using var harness = await StartAsync(TestContext.Current.CancellationToken);

        var report = await harness.RunAsync(Python("import os,socket\nos.chdir(os.environ['DBATCH_OUT'])\nos.mkfifo('pipe')\nos.mkdir('d')\nsocket.socket(socket.AF_UNIX).bind('d/s')\nopen('part','w').write('x')"));

        Assert.Equal(AttemptOutcome.Succeeded, report.Outcome);
        Assert.Equal(["d", "part"], Directory.EnumerateFileSystemEntries(harness.Output(0), "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order());
        var log = await File.ReadAllTextAsync(harness.Log(0, 1, "err"), Test);
        Assert.Contains("dbatch: The output 'pipe' is a named pipe and was left out.", log, StringComparison.Ordinal);
        Assert.Contains("dbatch: The output 'd/s' is a socket and was left out.", log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_name_that_is_not_UTF_8_fails_the_attempt_and_is_named()
    {
        await using var harness = await StartAsync(TestContext.Current.CancellationToken);

        var report = await harness.RunAsync(Python("import os\nos.chdir(os.environb[b'DBATCH_OUT'])\nos.mkdir('d')\nopen(b'd/b\\xe4r','w').write('x')"));
        var next = await harness.RunAsync(Shell("true"), chunk => chunk with { Index = 1 });

        Assert.Equal((AttemptOutcome.ExitCode, AttemptOutcome.Succeeded), (report.Outcome, next.Outcome));
        Assert.Contains("'d/b\\xe4r' is not UTF-8", report.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(harness.Output(0)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Odd_names_and_links_are_stored()
    {
        await using var harness = await StartAsync(TestContext.Current.CancellationToken);

        var report = await harness.RunAsync(Python("import os\nos.chdir(os.environ['DBATCH_OUT'])\nopen('a\\nb','w').write('x')\nopen(' ','w').write('y')\nos.symlink('a\\nb','link')"));

        Assert.Equal(AttemptOutcome.Succeeded, report.Outcome);
        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(harness.Output(0), "a\nb"), Test));
        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(harness.Output(0), "link"), Test));
    }

    [Fact(Timeout = 120_000)]
    public async Task Three_thousand_nested_directories_fail_the_attempt_and_nothing_is_left()
    {
        await using var harness = await StartAsync(TestContext.Current.CancellationToken);

        var report = await harness.RunAsync(Python("import os\nos.chdir(os.environ['DBATCH_OUT'])\nfor i in range(3000):\n    os.mkdir('d')\n    os.chdir('d')"));
        var next = await harness.RunAsync(Shell("true"), chunk => chunk with { Index = 1 });

        Assert.Equal((AttemptOutcome.ExitCode, AttemptOutcome.Succeeded), (report.Outcome, next.Outcome));
        Assert.Contains("nested too deeply", report.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(harness.Output(0)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(harness.Directory["slots", "0", "out"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_result_that_is_nested_too_deeply_says_so_also_from_a_kept_interpreter()
    {
        await using var harness = await StartAsync(TestContext.Current.CancellationToken);
        var script = harness.Directory.Write("job.py", "def process(start, count):\n    value = 1\n    for _ in range(70 if start == 0 else 60):\n        value = [value]\n    return value\n");
        var keep = new JobSpec { Command = ["/usr/bin/python3", script], Warm = WarmMode.Keep };

        var file = await harness.RunAsync(Shell("printf '%070d' 0 | tr 0 '[' > $DBATCH_RESULT; printf '%070d' 0 | tr 0 ']' >> $DBATCH_RESULT"));
        var kept = await harness.RunAsync(keep, chunk => chunk with { Run = RunId.New() });
        var next = await harness.RunAsync(keep, chunk => chunk with { Run = RunId.New(), Index = 1, Start = 10 });

        Assert.Equal((AttemptOutcome.ExitCode, AttemptOutcome.ExitCode, AttemptOutcome.Succeeded), (file.Outcome, kept.Outcome, next.Outcome));
        Assert.Contains("nested deeper than 64 levels", file.Error, StringComparison.Ordinal);
        Assert.Contains("nested deeper than 64 levels", kept.Error, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(WarmMode.Off)]
    [InlineData(WarmMode.Auto)]
    public async Task An_argument_that_is_too_long_is_refused_in_every_mode_and_not_tried_again(WarmMode mode)
    {
        await using var harness = await StartAsync(TestContext.Current.CancellationToken);
        var script = harness.Directory.Write("job.py", "import sys\nprint(len(sys.argv[1]))\n");

        var report = await harness.RunAsync(
            new JobSpec { Command = ["/usr/bin/python3", script, "{item}"], Warm = mode }, chunk => chunk with { Count = 1, Items = [[new string('x', 200_000)]] });

        Assert.Equal((AttemptOutcome.NotStarted, true), (report.Outcome, report.IsFinal));
        Assert.Contains("200000 bytes", report.Error, StringComparison.Ordinal);
        Assert.Contains("{items}", report.Error, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(null, "1", "1")]
    [InlineData("4", null, "1")]
    public async Task The_users_number_of_OpenMP_threads_is_not_overruled(string? openMp, string? mkl, string numba)
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken, options => options.Slots = Environment.ProcessorCount);
        var env = new Dictionary<string, string>();
        if (openMp is not null)
            env["OMP_NUM_THREADS"] = openMp;

        await harness.RunAsync(Shell("echo \"$OMP_NUM_THREADS,$MKL_NUM_THREADS,$OPENBLAS_NUM_THREADS,$NUMEXPR_NUM_THREADS,$NUMBA_NUM_THREADS,$LOKY_MAX_CPU_COUNT\"") with { Env = env });

        Assert.Equal($"{openMp ?? "1"},{mkl},{mkl},{mkl},{numba},{numba}\n", await File.ReadAllTextAsync(harness.Log(0, 1, "out"), Test));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(WarmMode.Off)]
    [InlineData(WarmMode.Fork)]
    public async Task A_program_that_kills_its_parent_is_one_failed_attempt(WarmMode mode)
    {
        await using var harness = await StartAsync(TestContext.Current.CancellationToken);
        var script = harness.Directory.Write("job.py", "import os, time\nopen(os.path.join(os.path.dirname(__file__), 'ran'), 'a').write('x')\nos.kill(os.getppid(), 9)\ntime.sleep(600)\n");

        var report = await harness.RunAsync(new JobSpec { Command = ["/usr/bin/python3", script], Warm = mode });
        var next = await harness.RunAsync(Shell("true"), chunk => chunk with { Index = 1 });

        Assert.Equal((AttemptOutcome.ExitCode, null, AttemptOutcome.Succeeded), (report.Outcome, report.ExitCode, next.Outcome));
        Assert.Contains("must not kill its parent", report.Error, StringComparison.Ordinal);
        Assert.Equal("x", await File.ReadAllTextAsync(harness.Directory["ran"], Test));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_program_that_kills_its_parent_costs_its_neighbours_no_attempt()
    {
        await using var harness = await ConsumerHarness.StartAsync(TestContext.Current.CancellationToken);
        await harness.PublishAsync(Shell("while [ ! -e \"$DBATCH_OUT/../../../go\" ]; do sleep 0.01; done"), 0);
        Assert.Null((await harness.ReportedAsync()).Outcome);
        await harness.PublishAsync(Shell("kill -9 $PPID; sleep 600"), 1);

        var first = new[] { await harness.EndedAsync(), await harness.EndedAsync() };
        Assert.All(first, report => Assert.Equal(AttemptOutcome.Released, report.Outcome));
        harness.Directory.Write("go", "");
        await harness.PublishAsync(Shell("kill -9 $PPID; sleep 600"), 1);
        await harness.PublishAsync(Shell("true"), 0);

        var second = new[] { await harness.EndedAsync(), await harness.EndedAsync() }.OrderBy(report => report.Index).Select(report => report.Outcome);
        Assert.Equal([AttemptOutcome.Succeeded, AttemptOutcome.ExitCode], second);
    }
}
