using DistributedBatch.Cli.Install;

namespace DistributedBatch.Cli.Tests.Install;

public sealed class InstallSettingsTests
{
    private static readonly InstallPlan Plan = new("/home/ada/.config");
    private readonly List<string> mistakes = [];

    [Fact]
    public void An_invitation_is_enough()
    {
        var invitation = new Invitation { Broker = "amqps://a:b@head", Server = "https://head:8443", Token = "t", HostName = "lab7", Authority = "PEM", Trust = "PEM" };

        var settings = InstallSettings.Of(new Dictionary<string, string>(), invitation, invitation.Token, Plan, mistakes);

        Assert.Empty(mistakes);
        Assert.Equal(
            [
                ("DBATCH_BROKER", "amqps://a:b@head"), ("DBATCH_CA", Plan.AuthorityFile), ("DBATCH_HOST_NAME", "lab7"),
                ("DBATCH_SERVER", "https://head:8443"), ("DBATCH_TOKEN", "t"), ("DBATCH_TRUST", Plan.TrustFile),
            ],
            settings);
    }

    [Fact]
    public void The_command_line_wins_over_the_invitation()
    {
        var invitation = new Invitation { Broker = "amqps://a:b@head", HostName = "lab7" };

        var settings = InstallSettings.Of(new Dictionary<string, string> { ["host-name"] = "desk", ["slots"] = "2" }, invitation, token: null, Plan, mistakes);

        Assert.Equal([("DBATCH_BROKER", "amqps://a:b@head"), ("DBATCH_HOST_NAME", "desk"), ("DBATCH_SLOTS", "2")], settings);
    }

    [Fact]
    public void All_mistakes_are_reported_at_once()
    {
        InstallSettings.Of(
            new Dictionary<string, string> { ["broker"] = "head", ["server"] = "https://head", ["slots"] = "0", ["drain"] = "10", ["host-name"] = "a\nb", ["trust"] = "/no/such/key" },
            invitation: null, token: null, Plan, mistakes);

        Assert.Equal(6, mistakes.Count);
        Assert.Contains(mistakes, mistake => mistake.Contains("not a broker address", StringComparison.Ordinal));
        Assert.Contains(mistakes, mistake => mistake.Contains("token create --role host", StringComparison.Ordinal));
        Assert.Contains(mistakes, mistake => mistake.Contains("--slots is 0", StringComparison.Ordinal));
        Assert.Contains(mistakes, mistake => mistake.Contains("--drain must be a duration", StringComparison.Ordinal));
        Assert.Contains(mistakes, mistake => mistake.Contains("control character", StringComparison.Ordinal));
        Assert.Contains(mistakes, mistake => mistake.Contains("no file /no/such/key", StringComparison.Ordinal));
    }
}
