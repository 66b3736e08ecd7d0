using DistributedBatch.Cli.Summary;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Tests.Summary;

public sealed class WarmStartTextTests
{
    [Theory]
    [InlineData(WarmMode.Fork, null, 60, 84, "torch,numpy", "torch, numpy imported once; 60 warm starts saved about 1 min 24 s of processor time")]
    [InlineData(WarmMode.Keep, null, 12_000, 240, "", "the interpreter started once; 12,000 warm starts saved about 4 min of processor time")]
    [InlineData(WarmMode.Fork, "loud is not preloaded: it starts threads when it is imported", 1, 0.2, "json", "json imported once; 1 warm start saved about 200 ms of processor time; loud is not preloaded: it starts threads when it is imported")]
    [InlineData(WarmMode.Fork, null, 2, 1, "a,b,c,d,e", "a, b, c, d and others imported once; 2 warm starts saved about 1.0 s of processor time")]
    [InlineData(WarmMode.Fork, null, 0, 0, "torch", null)]
    [InlineData(WarmMode.Off, "warm start needs Linux", 0, 0, "", "warm start needs Linux")]
    [InlineData(WarmMode.Off, null, 0, 0, "", null)]
    public void The_text_has_the_modules_the_saving_and_the_reason(WarmMode mode, string? reason, long starts, double seconds, string preloaded, string? expected)
    {
        string[] modules = preloaded.Length > 0 ? preloaded.Split(',') : [];

        Assert.Equal(expected, WarmStartText.Of([new WarmStatus(RunId.New(), mode, reason, starts, seconds, modules)], ["python3", "job.py"]));
    }

    [Fact]
    public void The_status_of_several_hosts_is_summed()
    {
        var (run, why) = (RunId.New(), "warm start needs Linux");
        WarmStatus[] hosts = [new(run, WarmMode.Fork, null, 40, 56, ["torch"]), new(run, WarmMode.Fork, null, 20, 28, ["torch"]), new(run, WarmMode.Off, why, 0, 0, [])];

        Assert.Equal("torch imported once; 60 warm starts saved about 1 min 24 s of processor time; warm start needs Linux", WarmStartText.Of(hosts, ["uv", "run", "job.py"]));
        Assert.Null(WarmStartText.Of(hosts[2..], ["/bin/true"]));
        Assert.Null(WarmStartText.Of([], ["python3", "job.py"]));
        Assert.Equal(WarmMode.Fork, WarmStartText.ModeOf(hosts));
        Assert.Null(WarmStartText.ModeOf(hosts[2..]));
    }
}
