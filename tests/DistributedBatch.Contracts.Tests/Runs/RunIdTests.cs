using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Tests.Runs;

public sealed class RunIdTests
{
    [Fact]
    public void A_new_id_can_be_read_back()
    {
        var id = RunId.New();

        Assert.True(RunId.TryParse(id.Value, out var read));
        Assert.Equal(id, read);
        Assert.Equal(RunId.Length, id.Value.Length);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0123456789a")]
    [InlineData("012345678")]
    [InlineData("../../etc/")]
    [InlineData("ABCDEFGHJK")]
    [InlineData("iloubcdefg")]
    public void Anything_else_is_refused(string? text)
    {
        Assert.False(RunId.TryParse(text, out var id));
        Assert.Equal("", id.Value);
    }

    [Fact]
    public void Reading_what_must_be_an_id_names_the_text_that_is_not() =>
        Assert.Contains("'last'", Assert.Throws<FormatException>(() => RunId.Parse("last")).Message);
}
