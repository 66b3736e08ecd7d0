using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Tests.Text;

public sealed class SizeTextTests
{
    [Theory]
    [InlineData("4G", 4L << 30)]
    [InlineData("512M", 512L << 20)]
    [InlineData("1.5GiB", 1536L << 20)]
    [InlineData("4GB", 4_000_000_000)]
    [InlineData("100", 100)]
    [InlineData("10k", 10_240)]
    public void A_size_may_have_a_unit(string text, long bytes) => Assert.Equal(bytes, SizeText.Read(text));

    [Theory]
    [InlineData("")]
    [InlineData("lots")]
    [InlineData("4X")]
    [InlineData("-1G")]
    [InlineData("99999999999T")]
    public void Other_text_is_not_a_size(string text) => Assert.Null(SizeText.Read(text));
}
