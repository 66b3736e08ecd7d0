using DistributedBatch.Contracts.Jobs;

namespace DistributedBatch.Contracts.Tests.Jobs;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("strat", "start")]
    [InlineData("cuont", "count")]
    [InlineData("Start", "start")]
    [InlineData("atempt", "attempt")]
    [InlineData("itmes", "items")]
    public void A_slip_of_the_pen_finds_the_word_that_was_meant(string written, string meant) =>
        Assert.Equal(meant, NearestName.Of(written, Placeholder.Known));

    [Theory]
    [InlineData("learning_rate")]
    [InlineData("x")]
    public void Nothing_is_guessed_when_nothing_is_near(string written) =>
        Assert.Null(NearestName.Of(written, ["start", "count", "attempt"]));
}
