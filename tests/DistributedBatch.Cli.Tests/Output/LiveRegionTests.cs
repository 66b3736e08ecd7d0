using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Tests.Output;

public sealed class LiveRegionTests : IDisposable
{
    private readonly StringWriter terminal = new();

    public void Dispose() => terminal.Dispose();

    [Fact]
    public void New_lines_replace_the_drawn_ones()
    {
        var region = new LiveRegion(terminal, () => (80, 24));
        region.Draw(["one", "two"]);
        region.Draw(["three"]);
        region.Clear();

        Assert.Equal("\rone\e[K\ntwo\e[K\n\e[J" + "\r\e[2Athree\e[K\n\e[J" + "\r\e[1A\e[J", terminal.ToString());
    }

    [Fact]
    public void A_line_never_wraps_and_the_region_never_scrolls()
    {
        new LiveRegion(terminal, () => (5, 3)).Draw(["\e[31mabcdefgh\e[0m", "second", "third", "fourth"]);

        Assert.Equal("\r\e[31mabc…\e[0m\e[K\nsec…\e[K\n\e[J", terminal.ToString());
    }
}
