using System.CommandLine;
using DistributedBatch.Cli.Certificates;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Messaging.Access;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch broker</c>: users of the broker that may do what their role needs and nothing else.</summary>
internal static class BrokerCommand
{
    /// <summary>The verb with its three.</summary>
    public static Command Create() => new("broker", "Make and remove users of the broker with the least permissions.") { Users(), Host(), Revoke() };

    private static Command Users()
    {
        var directory = new Argument<string>("DIR") { Description = "where the files are made" };
        var (broker, ca) = Place();
        var verb = new Command("users", "Make a user per role: definitions.json for RabbitMQ, and a config file (DBATCH_CONFIG) for each of producer, tracker and consumer.")
        {
            directory, broker, ca,
        };
        verb.SetAction(parsed => Guarded(parsed, broker, ca, (url, authority) =>
        {
            var place = parsed.GetValue(directory)!;
            var definitions = Path.Combine(place, "definitions.json");
            if (File.Exists(definitions))
            {
                Console.Out.WriteLine($"{definitions} is there already; nothing was changed. Remove it for new passwords.");
                return ExitCode.Done;
            }

            var users = Enum.GetValues<BrokerRole>().Select(role => (Role: role, User: BrokerUser.For(role))).ToList();
            foreach (var (role, user) in users)
                PrivateFile.Replace(Path.Combine(place, $"{role.ToString().ToLowerInvariant()}.yaml"), Config(url, user, authority, host: null));
            // Last, because it is what says that all is there.
            PrivateFile.Replace(definitions, BrokerDefinitions.Write([.. users.Select(pair => pair.User)], Vhost(url)));
            Console.Out.WriteLine($"{definitions} is for RabbitMQ (load_definitions, or rabbitmqctl import_definitions); {place} has a config file for each role.");
            return ExitCode.Done;
        }));
        return verb;
    }

    private static Command Host()
    {
        var name = new Argument<string>("NAME") { Description = "the machine's name in the lab (its consumer's --host)" };
        var (broker, ca) = Place();
        var config = new Option<string>("--config") { HelpName = "FILE", Description = "config file for that machine (DBATCH_CONFIG); default NAME.yaml" };
        var verb = new Command("host", "Make a user for one machine's consumer: prints rabbitmqctl commands to pipe into a shell where the broker runs.")
        {
            name, broker, ca, config,
        };
        verb.SetAction(parsed => Guarded(parsed, broker, ca, (url, authority) =>
        {
            var host = parsed.GetValue(name)!;
            if (!HostNameText.IsName(host))
                return ErrorOutput.Usage($"'{host}' cannot be the name of a host; use letters, digits, dots and dashes.");
            var user = BrokerUser.ForHost(host);
            var file = parsed.GetValue(config) ?? $"{host}.yaml";
            PrivateFile.Replace(file, Config(url, user, authority, host));
            var (vhost, may) = (Quoted(Vhost(url)), user.Permissions);
            Console.Out.WriteLine($"printf '%s\\n' {user.Password} | rabbitmqctl add_user {user.Name} || printf '%s\\n' {user.Password} | rabbitmqctl change_password {user.Name}");
            Console.Out.WriteLine($"rabbitmqctl set_permissions -p {vhost} {user.Name} {Quoted(may.Configure)} {Quoted(may.Write)} {Quoted(may.Read)}");
            Console.Error.WriteLine($"Copy {file} to {host} and start its consumer with DBATCH_CONFIG={Path.GetFileName(file)}.");
            return ExitCode.Done;
        }));
        return verb;
    }

    private static Command Revoke()
    {
        var name = new Argument<string>("NAME") { Description = "the machine's name in the lab" };
        var verb = new Command("revoke", "Remove one machine's user: prints rabbitmqctl commands to pipe into a shell where the broker runs. Its connections end at once.") { name };
        verb.SetAction(parsed =>
        {
            var host = parsed.GetValue(name)!;
            if (!HostNameText.IsName(host))
                return ErrorOutput.Usage($"'{host}' cannot be the name of a host; use letters, digits, dots and dashes.");
            var user = BrokerUser.NameOfHost(host);
            Console.Out.WriteLine($"rabbitmqctl delete_user {user}");
            Console.Out.WriteLine($"rabbitmqctl close_all_user_connections {user} 'the user was removed'");
            return ExitCode.Done;
        });
        return verb;
    }

    private static (Option<string> Broker, Option<string> Authority) Place() => (
        new("--broker") { HelpName = "URL", Required = true, Description = "the broker as clients call it, without user and password, such as amqps://head:5671" },
        new("--ca") { HelpName = "FILE", Description = "PEM file with the authority to trust, as it is called on the machines" });

    private static int Guarded(ParseResult parsed, Option<string> broker, Option<string> ca, Func<Uri, string?, int> act)
    {
        var text = parsed.GetValue(broker)!;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("amqp" or "amqps") || url.UserInfo.Length > 0)
            return ErrorOutput.Usage($"--broker: '{text}' is no broker address without a user; write it as amqps://head:5671.");
        try
        {
            return act(url, parsed.GetValue(ca));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return ErrorOutput.Usage(failure.Message);
        }
    }

    private static string Config(Uri url, BrokerUser user, string? authority, string? host)
    {
        var lines = new List<string> { $"broker: {new UriBuilder(url) { UserName = user.Name, Password = user.Password }.Uri.AbsoluteUri}" };
        if (host is not null)
            lines.Add($"host-name: {host}");
        if (authority is not null)
            lines.Add($"ca: {Yaml(authority)}");
        return string.Join('\n', lines) + "\n";
    }

    private static string Vhost(Uri url) => Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')) is { Length: > 0 } name ? name : "/";

    private static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static string Yaml(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
