using System.Text.Json;
using DistributedBatch.Specs.Run;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Lab;

[Collection(nameof(LabBroker))]
public sealed class TlsSpecs(PrivateBroker broker)
{
    [Fact(Timeout = 240_000)]
    public async Task Clients_that_trust_the_labs_authority_reach_its_server_and_the_doctor_finds_no_problem()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var box = new OneBox();
        var server = $"https://127.0.0.1:{FreePort.Next()}";
        box.Environment["DBATCH_TOKEN_FILE"] = box["head", "token"];
        Assert.Equal(0, (await box.DbatchAsync("ca", "init", box["tls"])).ExitCode);
        Assert.Equal(0, (await box.DbatchAsync("ca", "issue", box["tls"], "server", "--host", "127.0.0.1")).ExitCode);
        var address = (await broker.NewVhostAsync(cancellation)).AbsoluteUri;
        var head = box.Start(
            "serve", "--broker", address, "--data", box["head"], "--listen", $"http://127.0.0.1:{FreePort.Next()},{server}",
            "--tls-cert", box["tls", "server.pem"], "--tls-key", box["tls", "server.key"]);
        string[] trusting = ["--server", server, "--ca", box["tls", "ca.pem"]];
        await Eventually.HoldsAsync(
            "the head answers", async () => File.Exists(box["head", "token"]) && (await box.DbatchAsync(["list", .. trusting])).ExitCode == 0, cancellation, TimeSpan.FromSeconds(90));
        var host = box.Start(["consumer", "--broker", address, "--data", box["host"], "--slots", "1", "--gpus", "none", .. trusting]);

        var run = await box.DbatchAsync(["submit", "--total", "2", "--watch", .. trusting, "--", "sh", "-c", "echo 1 > $DBATCH_OUT/item"]);
        var untrusting = await box.DbatchAsync("list", "--server", server);
        var doctor = await box.DbatchAsync(["doctor", "--json", .. trusting]);

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(2, Directory.GetFiles(box["head"], "item", SearchOption.AllDirectories).Length);
        Assert.True(untrusting.ExitCode == 3 && untrusting.Err.Contains("--ca FILE", StringComparison.Ordinal), untrusting.ToString());
        var found = doctor.Json.EnumerateArray().ToDictionary(finding => finding.GetProperty("about").GetString()!, finding => finding.GetProperty("health").GetString());
        Assert.All(
            new[] { "server", "clock", "certificate", "token", "server's database", "server's broker", "producer", "hosts" },
            about => Assert.True(found.GetValueOrDefault(about) == "good", doctor.ToString()));
        host.Signal(ProcessKiller.Sigkill);
        head.Signal(ProcessKiller.Sigkill);
        await Task.WhenAll(host.End, head.End);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_doctor_trusts_the_labs_authority_at_the_broker_as_the_consumer_does()
    {
        Assert.SkipUnless(broker.Certificates is not null, "The broker from DBATCH_TEST_AMQP has no TLS listener that is known here.");
        using var box = new OneBox();
        var plain = await broker.NewVhostAsync(TestContext.Current.CancellationToken);
        box.Environment["DBATCH_BROKER"] = new UriBuilder(plain) { Scheme = "amqps", Host = "localhost", Port = broker.TlsPort }.Uri.AbsoluteUri;
        var untrusting = await box.DbatchAsync("doctor", "--json");
        box.Environment["DBATCH_CA"] = broker.Certificates!.AuthorityFile;
        var trusting = await box.DbatchAsync("doctor", "--json");

        Assert.Contains("--ca FILE", Permissions(untrusting).GetProperty("found").GetString(), StringComparison.Ordinal);
        Assert.Equal("good", Permissions(trusting).GetProperty("health").GetString());

        static JsonElement Permissions(DbatchResult doctor) =>
            doctor.Json.EnumerateArray().Single(finding => finding.GetProperty("about").GetString() == "broker's permissions");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_server_with_https_and_no_certificate_names_the_command_that_issues_one()
    {
        using var box = new OneBox();

        var ended = await box.DbatchAsync("serve", "--broker", "amqp://nowhere", "--listen", "https://127.0.0.1:1", "--data", box["head"]);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("dbatch ca issue", ended.Err, StringComparison.Ordinal);
    }
}
