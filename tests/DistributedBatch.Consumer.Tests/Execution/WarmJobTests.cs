namespace DistributedBatch.Consumer.Tests.Execution;

public class WarmJobTests
{
    [Fact(Timeout = 180_000)]
    public async Task A_python_script_is_forked_and_sees_the_same_contract()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test);
        var script = harness.Directory.Write("job.py", "import os, sys, json\nopen(os.environ['DBATCH_RESULT'], 'w').write(json.dumps([sys.argv[1], sys.stdin.read(), os.environ['DBATCH_CHUNK']]))\nprint('hello')\n");
        var report = await harness.RunAsync(new JobSpec { Command = ["/usr/bin/python3", script, "{start}"], Stdin = "{start},{count}", Warm = WarmMode.Fork });
        Assert.Equal((AttemptOutcome.Succeeded, WarmMode.Fork), (report.Outcome, report.Warm));
        Assert.Equal("[\"0\", \"0,10\", \"0\"]", report.Result);
        Assert.Equal("hello\n", await File.ReadAllTextAsync(harness.Log(0, 1, "out"), test));
        var cold = await harness.RunAsync(new JobSpec { Command = ["/usr/bin/python3", script, "x"], Warm = WarmMode.Off }, chunk => chunk with { Run = RunId.New() });
        Assert.Equal((AttemptOutcome.Succeeded, WarmMode.Off), (cold.Outcome, cold.Warm));
    }

    [Fact(Timeout = 180_000)]
    public async Task With_an_output_directory_the_first_chunk_runs_in_both_ways_and_the_next_is_forked()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Slots = 1);
        var script = harness.Directory.Write("job.py", "import os, sys\nopen(os.path.join(os.environ['DBATCH_OUT'], 'part'), 'w').write(sys.argv[1] + os.environ['DBATCH_OUT'])\nprint('once')\n");
        var job = new JobSpec { Command = ["/usr/bin/python3", script, "{start}"], OutputDirectory = harness.Directory["results"] };
        await harness.PublishAsync(job, 0);
        await harness.PublishAsync(job, 1);

        var (first, second) = (await harness.EndedAsync(), await harness.EndedAsync());
        Assert.Equal((AttemptOutcome.Succeeded, WarmMode.Off), (first.Outcome, first.Warm));
        Assert.Equal((AttemptOutcome.Succeeded, WarmMode.Fork), (second.Outcome, second.Warm));
        Assert.StartsWith("0/", await File.ReadAllTextAsync(harness.Directory["results", "0", "part"], test), StringComparison.Ordinal);
        Assert.StartsWith("10/", await File.ReadAllTextAsync(harness.Directory["results", "1", "part"], test), StringComparison.Ordinal);
        Assert.Equal("once\n", await File.ReadAllTextAsync(harness.Log(0, 1, "out"), test));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_missing_python_environment_is_reported_and_found_once_it_exists()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test);
        var script = harness.Directory.Write("job.py", "import os, sys\nprint(sys.prefix == os.environ['VIRTUAL_ENV'])\n");
        var job = new JobSpec { Command = ["python", script], Venv = harness.Directory["venv"] };

        var missing = await harness.RunAsync(job);
        Assert.Equal(AttemptOutcome.NotStarted, missing.Outcome);
        Assert.Contains($"'{harness.Directory["venv"]}' is no virtual environment", missing.Error, StringComparison.Ordinal);

        await CliWrap.Cli.Wrap("/usr/bin/python3").WithArguments(["-m", "venv", "--without-pip", harness.Directory["venv"]]).ExecuteAsync(test);
        Assert.Equal(AttemptOutcome.Succeeded, (await harness.RunAsync(job)).Outcome);
        Assert.Equal("True\n", await File.ReadAllTextAsync(harness.Log(0, 1, "out"), test));
    }
}
