using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistributedBatch.Cli.Commands.Lab;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Cli.Tests.Commands.Lab;

public sealed class BrokerCommandTests
{
    private const int SaltBytes = 4;

    [Fact(Timeout = 30_000)]
    public async Task The_user_of_a_host_can_be_kept_as_a_file_that_the_broker_imports()
    {
        using var directory = new TempDirectory();
        var (config, definitions) = (directory["lab7.yaml"], directory["lab7.json"]);

        var exitCode = await BrokerCommand.Create()
            .Parse(["host", "lab7", "--broker", "amqps://head:5671", "--config", config, "--definitions", definitions])
            .InvokeAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(0, exitCode);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(definitions, TestContext.Current.CancellationToken));
        var user = Assert.Single(json.RootElement.GetProperty("users").EnumerateArray());
        Assert.Equal("dbatch-host-lab7", user.GetProperty("name").GetString());
        Assert.Equal("dbatch-host-lab7", Assert.Single(json.RootElement.GetProperty("permissions").EnumerateArray()).GetProperty("user").GetString());
        var hash = user.GetProperty("password_hash").GetBytesFromBase64();
        Assert.Equal(hash[SaltBytes..], SHA256.HashData([.. hash[..SaltBytes], .. Encoding.UTF8.GetBytes(PasswordIn(File.ReadAllText(config)))]));
    }

    private static string PasswordIn(string config) => config.Split("dbatch-host-lab7:")[1].Split('@')[0];
}
