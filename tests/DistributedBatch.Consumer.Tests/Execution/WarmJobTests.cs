namespace DistributedBatch.Consumer.Tests.Execution;

public class WarmJobTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_python_script_is_forked_and_sees_the_same_contract()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test);
        var script = harness.Directory.Write("job.py", "import os, sys, json\nopen(os.environ['DBATCH_RESULT'], 'w').write(json.dumps([sys.argv[1], sys.stdin.read(), os.environ['DBATCH_CHUNK']]))\nprint('hello')\n");
        var report = await harness.RunAsync(new JobSpec { Command = ["/usr/bin/python3", script, "{start}"], Stdin = "{start},{count}" });
        Assert.Equal((AttemptOutcome.Succeeded, WarmMode.Fork), (report.Outcome, report.Warm));
        Assert.Equal("[\"0\", \"0,10\", \"0\"]", report.Result);
        Assert.Equal("hello\n", await File.ReadAllTextAsync(harness.Log(0, 1, "out"), test));
        var cold = await harness.RunAsync(new JobSpec { Command = ["/usr/bin/python3", script, "x"], Warm = WarmMode.Off }, chunk => chunk with { Run = RunId.New() });
        Assert.Equal((AttemptOutcome.Succeeded, WarmMode.Off), (cold.Outcome, cold.Warm));
    }
}
