using DistributedBatch.Cli.Summary;
using DistributedBatch.Consumer.Zygote;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Tests.Summary;

public sealed class WarmWordsTests
{
    [Theory]
    [InlineData(WarmMode.Fork, null, 60, 84, "torch,numpy.random,numpy", "torch, numpy imported once; 60 starts saved about 1m 24s of processor time")]
    [InlineData(WarmMode.Keep, null, 12_000, 240, "", "the interpreter started once; 12,000 starts saved about 4m 00s of processor time")]
    [InlineData(WarmMode.Fork, "loud is not preloaded: it starts threads when it is imported", 1, 0.2, "json", "json imported once; 1 starts saved about 200ms of processor time; loud is not preloaded: it starts threads when it is imported")]
    [InlineData(WarmMode.Fork, null, 0, 0, "a,b,c,d,e", "a, b, c, d and others imported once")]
    [InlineData(WarmMode.Off, "warm start needs Linux", 0, 0, "", "warm start needs Linux")]
    [InlineData(WarmMode.Off, null, 0, 0, "", null)]
    public void What_was_used_and_saved_is_said_with_the_reason(WarmMode mode, string? reason, long starts, double seconds, string preloaded, string? expected)
    {
        string[] modules = preloaded.Length > 0 ? preloaded.Split(',') : [];

        Assert.Equal(expected, WarmWords.Of(new WarmSummary(mode, reason, starts, TimeSpan.FromSeconds(seconds), modules)));
    }
}
