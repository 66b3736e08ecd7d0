using System.CommandLine;
using DistributedBatch.Cli.Certificates;
using DistributedBatch.Cli.Output;
using DistributedBatch.Messaging.Access;
using DistributedBatch.Messaging.Files;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary><c>dbatch broker</c>: broker users with the permissions that their role needs.</summary>
internal static class BrokerCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => new("broker", "Create and remove broker users with the least permissions.") { Users(), Host(), Revoke() };

    private static Command Users()
    {
        var directory = new Argument<string>("DIR") { Description = "directory for the files" };
        var (broker, ca) = BrokerOptions();
        var command = new Command("users", "Create a user per role: definitions.json for RabbitMQ, and a config file (DBATCH_CONFIG) each for producer, tracker and consumer.")
        {
            directory, broker, ca,
        };
        command.SetAction(parsed => WithBroker(parsed, broker, ca, (url, authority) =>
        {
            var target = parsed.GetValue(directory)!;
            var definitions = Path.Combine(target, "definitions.json");
            if (File.Exists(definitions))
            {
                PrivateFile.Replace(definitions, BrokerDefinitions.WithCurrentPermissions(File.ReadAllText(definitions)));
                Console.Out.WriteLine(
                    $"{definitions} exists; its permissions are those of this version now, and its passwords are the same. Import it into RabbitMQ again. Remove it to get new passwords.");
                return ExitCode.Done;
            }

            var users = Enum.GetValues<BrokerRole>().Select(role => (Role: role, User: BrokerUser.For(role))).ToList();
            foreach (var (role, user) in users)
                PrivateFile.Replace(Path.Combine(target, $"{role.ToString().ToLowerInvariant()}.yaml"), Config(url, user, authority, host: null));
            // Written last: its existence means that all files exist.
            PrivateFile.Replace(definitions, BrokerDefinitions.Write([.. users.Select(pair => pair.User)], Vhost(url)));
            Console.Out.WriteLine($"{definitions} is for RabbitMQ (load_definitions, or rabbitmqctl import_definitions). {target} has a config file for each role.");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Host()
    {
        var name = new Argument<string>("NAME") { Description = "name of the machine in the lab (its consumer's --host)" };
        var (broker, ca) = BrokerOptions();
        var config = new Option<string>("--config") { HelpName = "FILE", Description = "config file to write for that machine (DBATCH_CONFIG); default NAME.yaml" };
        var definitions = new Option<string>("--definitions")
        {
            HelpName = "FILE",
            Description = "write the user to FILE for 'rabbitmqctl import_definitions' or load_definitions, and print no commands",
        };
        var command = new Command("host", "Create a user for the consumer of one machine: print rabbitmqctl commands for a shell on the broker's machine.")
        {
            name, broker, ca, config, definitions,
        };
        command.SetAction(parsed => WithBroker(parsed, broker, ca, (url, authority) =>
        {
            var host = parsed.GetValue(name)!;
            if (!HostNameText.IsName(host))
                return ErrorOutput.Usage($"'{host}' is not a valid host name; use letters, digits, dots and dashes.");
            var user = BrokerUser.ForHost(host);
            var file = parsed.GetValue(config) ?? $"{host}.yaml";
            PrivateFile.Replace(file, Config(url, user, authority, host));
            if (parsed.GetValue(definitions) is { } target)
            {
                PrivateFile.Replace(target, BrokerDefinitions.Write([user], Vhost(url)));
                return ExitCode.Done;
            }

            var (vhost, permissions) = (Quoted(Vhost(url)), user.Permissions);
            Console.Out.WriteLine($"printf '%s\\n' {user.Password} | rabbitmqctl add_user {user.Name} || printf '%s\\n' {user.Password} | rabbitmqctl change_password {user.Name}");
            Console.Out.WriteLine($"rabbitmqctl set_permissions -p {vhost} {user.Name} {Quoted(permissions.Configure)} {Quoted(permissions.Write)} {Quoted(permissions.Read)}");
            Console.Error.WriteLine($"Copy {file} to {host} and start its consumer with DBATCH_CONFIG={Path.GetFileName(file)}.");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Revoke()
    {
        var name = new Argument<string>("NAME") { Description = "name of the machine in the lab" };
        var command = new Command("revoke", "Remove the user of one machine: print rabbitmqctl commands for a shell on the broker's machine. Its connections end at once.") { name };
        command.SetAction(parsed =>
        {
            var host = parsed.GetValue(name)!;
            if (!HostNameText.IsName(host))
                return ErrorOutput.Usage($"'{host}' is not a valid host name; use letters, digits, dots and dashes.");
            var user = BrokerUser.NameOfHost(host);
            Console.Out.WriteLine($"rabbitmqctl delete_user {user}");
            Console.Out.WriteLine($"rabbitmqctl close_all_user_connections {user} 'the user was removed'");
            return ExitCode.Done;
        });
        return command;
    }

    private static (Option<string> Broker, Option<string> Authority) BrokerOptions() => (
        new("--broker") { HelpName = "URL", Required = true, Description = "address of the broker for clients, without user and password, such as amqps://head:5671" },
        new("--ca") { HelpName = "FILE", Description = "PEM file with the authority to trust; its path on the machines" });

    private static int WithBroker(ParseResult parsed, Option<string> broker, Option<string> ca, Func<Uri, string?, int> create)
    {
        var text = parsed.GetValue(broker)!;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("amqp" or "amqps") || url.UserInfo.Length > 0)
            return ErrorOutput.Usage($"--broker: '{text}' is not a broker address without a user; write it as amqps://head:5671.");
        return FileErrors.Report(() => create(url, parsed.GetValue(ca)));
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
