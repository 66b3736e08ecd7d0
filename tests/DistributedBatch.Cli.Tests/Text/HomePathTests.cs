using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Tests.Text;

public sealed class HomePathTests
{
    [Theory]
    [InlineData("~/x/y", "/x/y")]
    [InlineData("~", "")]
    public void A_leading_tilde_is_the_home_directory(string path, string below) =>
        Assert.Equal(Environment.GetEnvironmentVariable("HOME")!.TrimEnd('/') + below, HomePath.Expand(path));

    [Theory]
    [InlineData("./~")]
    [InlineData("~other/x")]
    [InlineData("a/~/b")]
    [InlineData("x~")]
    public void Another_tilde_is_part_of_a_name(string path) => Assert.Equal(path, HomePath.Expand(path));
}
