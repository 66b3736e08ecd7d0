using DistributedBatch.Cli.Lab;

namespace DistributedBatch.Cli.Tests.Lab;

public sealed class ServerDoorTests
{
    private readonly List<string> mistakes = [];

    [Fact]
    public void Several_addresses_stand_with_commas_between_them()
    {
        var door = ListenOptions.Read("http://127.0.0.1:8080, http://10.0.0.5:8080", null, null, mistakes);

        Assert.Empty(mistakes);
        Assert.Equal(["http://127.0.0.1:8080", "http://10.0.0.5:8080"], door.Addresses);
        Assert.Empty(door.KestrelSettings);
    }

    [Theory]
    [InlineData("")]
    [InlineData("head:8080")]
    [InlineData("http://127.0.0.1:8080,ftp://head")]
    public void What_is_no_address_is_told(string listen)
    {
        ListenOptions.Read(listen, null, null, mistakes);

        Assert.Contains("is no address to listen on", Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_that_cannot_be_read_is_told()
    {
        ListenOptions.Read("https://127.0.0.1:8443", "/no/such/cert.pem", "/no/such/key.pem", mistakes);

        Assert.Contains("/no/such/cert.pem", Assert.Single(mistakes), StringComparison.Ordinal);
    }
}
