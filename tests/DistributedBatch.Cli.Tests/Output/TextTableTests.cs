using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Tests.Output;

public sealed class TextTableTests
{
    [Fact]
    public void Columns_are_aligned_and_numbers_are_right_aligned()
    {
        var table = new TextTable("NAME", ">N", "LAST");
        table.Add("a", "1", "x");
        table.Add("longer", "1000", "a long text");

        Assert.Equal("NAME       N  LAST\na          1  x\nlonger  1000  a long text\n", table.ToString());
    }

    [Fact]
    public void Colour_codes_have_no_width()
    {
        var table = new TextTable("STATE", "X");
        table.Add("\e[32mgood\e[0m", "1");
        table.Add("failed", "2");

        Assert.Equal(["STATE   X", "\e[32mgood\e[0m    1", "failed  2"], table.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
