using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using DistributedBatch.Messaging.Access;
using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Access;

public sealed class BrokerPermissionsTests(PrivateBroker broker)
{
    [Fact]
    public void Every_role_may_publish_to_nobody_and_so_hear_of_an_alarm() =>
        Assert.All(Enum.GetValues<BrokerRole>(), role => Assert.Matches(new Regex(BrokerPermissions.Of(role).Write), "dbatch.probe"));

    [Fact]
    public void The_table_in_the_documents_is_that_of_the_code() =>
        Assert.Contains(PermissionTable.Markdown(), File.ReadAllText(Path.Combine(Root(), "docs", "security.md")), StringComparison.Ordinal);

    [Fact]
    public void Definitions_of_an_earlier_version_get_the_permissions_of_this_one_and_keep_their_passwords()
    {
        var tracker = BrokerUser.For(BrokerRole.Tracker);
        var earlier = BrokerDefinitions.Write([tracker with { Permissions = new BrokerPermissions("^old$", "^old$", "^old$") }], "/");

        var now = BrokerDefinitions.WithCurrentPermissions(earlier);

        using var file = JsonDocument.Parse(now);
        Assert.Equal(tracker.Permissions.Read, file.RootElement.GetProperty("permissions")[0].GetProperty("read").GetString());
        using var before = JsonDocument.Parse(earlier);
        Assert.Equal(before.RootElement.GetProperty("users").GetRawText().Replace(" ", "", StringComparison.Ordinal), file.RootElement.GetProperty("users").GetRawText().Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_real_broker_allows_what_the_table_says_and_nothing_else()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        var names = PermissionTable.Names();
        foreach (var user in PermissionTable.Users)
        {
            await broker.AdmitAsync(vhost, user, cancellation);
            var permissions = user.Permissions;
            foreach (var (word, pattern) in new[] { ("configure", permissions.Configure), ("write", permissions.Write), ("read", permissions.Read) })
            {
                var asked = string.Join(", ", names.Select(name => $"<<\"{name}\">>"));
                var answer = await broker.EvalAsync(
                    $"User = {{user, <<\"{user.Name}\">>, [], [{{rabbit_auth_backend_internal, none}}]}}, "
                    + "[try rabbit_access_control:check_resource_access(User, rabbit_misc:r(<<\"" + vhost.AbsolutePath.Trim('/') + "\">>, queue, Name), " + word + ", #{}) of ok -> 1 "
                    + $"catch _:_ -> 0 end || Name <- [{asked}]].",
                    cancellation);
                var allowed = answer.Where(char.IsAsciiDigit).Select(digit => digit == '1').ToList();
                Assert.Equal(names.Where(name => Regex.IsMatch(name, pattern)), names.Zip(allowed).Where(pair => pair.Second).Select(pair => pair.First));
            }
        }
    }

    private static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));
}
