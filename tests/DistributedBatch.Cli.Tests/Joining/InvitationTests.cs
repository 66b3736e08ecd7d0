using DistributedBatch.Cli.Joining;

namespace DistributedBatch.Cli.Tests.Joining;

public sealed class InvitationTests
{
    private static readonly Invitation Whole = new()
    {
        Broker = "amqps://dbatch-lab7:p%40ss@head:5671/",
        Server = "https://head:8443/",
        Token = "secret",
        HostName = "lab7",
        Authority = "-----BEGIN CERTIFICATE-----\nMIIB+/==\n-----END CERTIFICATE-----\n",
        Trust = "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n",
    };

    [Fact]
    public void An_invitation_arrives_as_it_was_sent() => Assert.Equal(Whole, Invitation.Read(Whole.Write()));

    [Fact]
    public void It_is_one_word_for_every_shell() => Assert.Matches("^[A-Za-z0-9.+/=]+$", Whole.Write());

    [Fact]
    public void Line_breaks_that_a_terminal_put_into_it_do_no_harm()
    {
        var word = Whole.Write();

        Assert.Equal(Whole, Invitation.Read($"{word[..40]}\n  {word[40..80]}\r\n{word[80..]}\n"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("dbatch1.")]
    [InlineData("dbatch1.e30=")]
    [InlineData("dbatch1.bm8=")]
    [InlineData("something else")]
    public void What_is_none_is_taken_for_none(string text) => Assert.Null(Invitation.Read(text));

    [Fact]
    public void One_that_was_cut_off_is_none() => Assert.Null(Invitation.Read(Whole.Write()[..^30]));
}
