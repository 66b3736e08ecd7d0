using DistributedBatch.Cli.Doctor;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Cli.Tests.Doctor;

public sealed class ServerFindingsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private static readonly ServerView Fine = new()
    {
        Version = "1.0",
        Now = Noon,
        Database = "/data/tracker.db",
        DatabaseMilliseconds = 3,
        DiskFreeBytes = 100L << 30,
        BrokerVersion = "4.3.5",
    };

    [Fact]
    public void A_healthy_server_needs_no_remedy()
    {
        var findings = ServerFindings.OfServer(Fine).Append(ServerFindings.OfVersion("https://head", "1.0", "1.0"))
            .Append(ServerFindings.OfClock(Noon, Noon.AddSeconds(2))).Append(ServerFindings.OfCertificate(Noon, Noon.AddDays(90)))
            .Concat(ServerFindings.OfHosts([Host("ada")], "1.0", Noon)).ToList();

        Assert.All(findings, finding => Assert.Equal(("good", null), (finding.Health, finding.Remedy)));
        Assert.Contains(findings, finding => finding.Found == "connected, RabbitMQ 4.3.5");
        Assert.Contains(findings, finding => finding.Found == "1 online, 4 slots, 0 busy");
    }

    [Fact]
    public void Each_problem_of_the_server_is_bad_and_has_its_own_remedy()
    {
        var findings = ServerFindings.OfServer(Fine with { DatabaseProblem = "disk I/O error", FilesProblem = "no space", BrokerProblem = "it accepts no messages: low on disk", ProducerProblem = "No answer" })
            .Where(finding => finding.Health == "bad").ToList();

        Assert.Equal(["server's database", "server's files", "server's broker", "producer"], findings.Select(finding => finding.About));
        Assert.Equal(4, findings.Select(finding => finding.Remedy).OfType<string>().Distinct().Count());
        Assert.Contains("list_alarms", findings[2].Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_coming_problem_is_a_note()
    {
        var findings = ServerFindings.OfServer(Fine with { DatabaseMilliseconds = 2500, DiskFreeBytes = 1L << 30, Waiting = 900 })
            .Append(ServerFindings.OfVersion("https://head", "1.1", "1.0")).Append(ServerFindings.OfClock(Noon, Noon.AddMinutes(2)))
            .Append(ServerFindings.OfCertificate(Noon, Noon.AddDays(9))).Where(finding => finding.Health != "good").ToList();

        Assert.Equal(6, findings.Count);
        Assert.All(findings, finding => Assert.Equal("note", finding.Health));
        Assert.All(findings, finding => Assert.NotNull(finding.Remedy));
    }

    [Fact]
    public void An_expired_certificate_is_bad() =>
        Assert.Equal(("bad", "expired on 2026-11-23"), (ServerFindings.OfCertificate(Noon, Noon.AddDays(-1)).Health, ServerFindings.OfCertificate(Noon, Noon.AddDays(-1)).Found));

    [Fact]
    public void A_token_is_named_with_its_role_and_its_end_is_announced()
    {
        var token = new TokenView("1", "ada", TokenRole.Submit, Noon, ExpiresAt: null);

        Assert.Equal(new Finding("token", "good", "accepted: 'ada', role submit"), ServerFindings.OfToken(token, Noon));
        var ending = ServerFindings.OfToken(token with { ExpiresAt = Noon.AddDays(3) }, Noon);
        Assert.Equal("note", ending.Health);
        Assert.Equal("create another token before: dbatch token create --role submit", ending.Remedy);
    }

    [Fact]
    public void What_a_host_cannot_do_is_a_note()
    {
        var host = Host("ada");
        var finding = Assert.Single(
            ServerFindings.OfHosts([host with { Host = host.Host with { Warnings = ["'nvidia-smi' gave no answer within 10 s"] } }], "1.0", Noon), finding => finding.Health != "good");

        Assert.Equal(("host ada", "note", "'nvidia-smi' gave no answer within 10 s"), (finding.About, finding.Health, finding.Found));
    }

    [Fact]
    public void Without_hosts_the_finding_says_that_nothing_will_run()
    {
        var finding = Assert.Single(ServerFindings.OfHosts([], "1.0", Noon));

        Assert.Equal("note", finding.Health);
        Assert.Contains("nothing will run", finding.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Hosts_on_hold_of_another_version_or_offline_since_today_are_named()
    {
        var findings = ServerFindings.OfHosts(
            [
                Host("full") with { Host = Host("full").Host with { OnHold = "the disk is full" } },
                Host("old") with { Host = Host("old").Host with { Version = "0.9" } },
                Host("gone") with { Alive = false, LastSeen = Noon.AddHours(-2) },
                Host("last-year") with { Alive = false, LastSeen = Noon.AddDays(-300) },
            ],
            "1.0", Noon).ToList();

        Assert.Equal(["hosts", "host full", "host old", "host gone"], findings.Select(finding => finding.About));
        Assert.All(findings.Skip(1), finding => Assert.NotNull(finding.Remedy));
    }

    private static HostView Host(string name) =>
        new(new HostStatus { Name = name, Version = "1.0", Cores = 4, Slots = 4 }, Noon, Alive: true, [], 0, 0);
}
