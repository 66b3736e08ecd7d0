using DistributedBatch.Cli.Commands.Lab;

namespace DistributedBatch.Cli.Tests.Commands.Lab;

public sealed class ListenOptionsTests
{
    private readonly List<string> mistakes = [];

    [Fact]
    public void Addresses_are_separated_by_commas()
    {
        var options = ListenOptions.Read("http://127.0.0.1:8080, http://10.0.0.5:8080", null, null, mistakes);

        Assert.Empty(mistakes);
        Assert.Equal(["http://127.0.0.1:8080", "http://10.0.0.5:8080"], options.Addresses);
        Assert.Empty(options.KestrelSettings);
    }

    [Theory]
    [InlineData("")]
    [InlineData("head:8080")]
    [InlineData("http://127.0.0.1:8080,ftp://head")]
    public void An_invalid_address_is_reported(string listen)
    {
        ListenOptions.Read(listen, null, null, mistakes);

        Assert.Contains("is not an address to listen on", Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unreadable_certificate_is_reported()
    {
        ListenOptions.Read("https://127.0.0.1:8443", "/no/such/cert.pem", "/no/such/key.pem", mistakes);

        Assert.Contains("/no/such/cert.pem", Assert.Single(mistakes), StringComparison.Ordinal);
    }
}
