using DistributedBatch.Cli.Summary;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Tests.Summary;

public sealed class WarmWordsTests
{
    [Theory]
    [InlineData(WarmMode.Fork, null, 60, 84, "torch,numpy", "torch, numpy imported once; 60 warm starts saved about 1m 24s of processor time")]
    [InlineData(WarmMode.Keep, null, 12_000, 240, "", "the interpreter started once; 12,000 warm starts saved about 4m 00s of processor time")]
    [InlineData(WarmMode.Fork, "loud is not preloaded: it starts threads when it is imported", 1, 0.2, "json", "json imported once; 1 warm starts saved about 200ms of processor time; loud is not preloaded: it starts threads when it is imported")]
    [InlineData(WarmMode.Fork, null, 2, 1, "a,b,c,d,e", "a, b, c, d and others imported once; 2 warm starts saved about 1.0s of processor time")]
    [InlineData(WarmMode.Fork, null, 0, 0, "torch", null)]
    [InlineData(WarmMode.Off, "warm start needs Linux", 0, 0, "", "warm start needs Linux")]
    [InlineData(WarmMode.Off, null, 0, 0, "", null)]
    public void What_was_used_and_saved_is_said_with_the_reason(WarmMode mode, string? reason, long starts, double seconds, string preloaded, string? expected)
    {
        string[] modules = preloaded.Length > 0 ? preloaded.Split(',') : [];

        Assert.Equal(expected, WarmStartText.Of([new WarmStatus(RunId.New(), mode, reason, starts, seconds, modules)], ["python3", "job.py"]));
    }

    [Fact]
    public void What_several_hosts_say_is_put_together()
    {
        var (run, why) = (RunId.New(), "warm start needs Linux");
        WarmStatus[] hosts = [new(run, WarmMode.Fork, null, 40, 56, ["torch"]), new(run, WarmMode.Fork, null, 20, 28, ["torch"]), new(run, WarmMode.Off, why, 0, 0, [])];

        Assert.Equal("torch imported once; 60 warm starts saved about 1m 24s of processor time; warm start needs Linux", WarmStartText.Of(hosts, ["uv", "run", "job.py"]));
        Assert.Null(WarmStartText.Of(hosts[2..], ["/bin/true"]));
        Assert.Null(WarmStartText.Of([], ["python3", "job.py"]));
        Assert.Equal(WarmMode.Fork, WarmStartText.ModeOf(hosts));
        Assert.Null(WarmStartText.ModeOf(hosts[2..]));
    }
}
