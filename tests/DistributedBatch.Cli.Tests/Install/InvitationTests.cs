using DistributedBatch.Cli.Install;

namespace DistributedBatch.Cli.Tests.Install;

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
    public void A_decoded_invitation_equals_the_encoded_one() => Assert.Equal(Whole, Invitation.Decode(Whole.Encode()));

    [Fact]
    public void An_invitation_is_one_word_for_every_shell() => Assert.Matches("^[A-Za-z0-9.+/=]+$", Whole.Encode());

    [Fact]
    public void Line_breaks_in_an_invitation_are_ignored()
    {
        var word = Whole.Encode();

        Assert.Equal(Whole, Invitation.Decode($"{word[..40]}\n  {word[40..80]}\r\n{word[80..]}\n"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("dbatch1.")]
    [InlineData("dbatch1.e30=")]
    [InlineData("dbatch1.bm8=")]
    [InlineData("something else")]
    public void Other_text_is_not_an_invitation(string text) => Assert.Null(Invitation.Decode(text));

    [Fact]
    public void A_cut_invitation_is_not_one() => Assert.Null(Invitation.Decode(Whole.Encode()[..^30]));
}
