using System.CommandLine;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary>The options of every service of a lab: broker, data directory, host name. Each may also come from its variable or the config file.</summary>
internal sealed class ServiceOptions
{
    private readonly Option<string> broker = new("--broker")
    {
        HelpName = "URL",
        Description = "RabbitMQ, such as amqp://user:password@head:5672 or amqps:// for TLS [DBATCH_BROKER]",
    };

    private readonly Option<string> authority = new("--ca")
    {
        HelpName = "FILE",
        Description = "PEM file with the authorities to trust for https:// and amqps:// [DBATCH_CA]; default: the system's",
    };

    private readonly Option<string> brokerAuthority = new("--broker-ca")
    {
        HelpName = "FILE",
        Description = "PEM file with the authorities to trust for amqps:// [DBATCH_BROKER_CA]; default: that of --ca",
    };

    private readonly Option<string> data = new("--data")
    {
        HelpName = "DIR",
        Description = "data directory [DBATCH_DATA]; default: ~/.local/state/dbatch/ROLE",
    };

    private readonly Option<string> host = new("--host") { HelpName = "NAME", Description = "name of this machine in the lab [DBATCH_HOST_NAME]; default: the machine's name" };

    private readonly string role;

    /// <summary>Adds the options to <paramref name="command"/>.</summary>
    public ServiceOptions(Command command)
    {
        role = command.Name;
        foreach (var option in new[] { broker, authority, brokerAuthority, data, host })
            command.Options.Add(option);
    }

    /// <summary>The options, each with its key.</summary>
    public IReadOnlyList<(Option<string> Option, string Key)> Keyed =>
        [(broker, "broker"), (authority, "ca"), (brokerAuthority, "broker-ca"), (data, "data"), (host, "host-name")];

    /// <summary>The value of an option: its flag, else its variable, else the config file.</summary>
    public static string? Text(ParseResult parsed, Option<string> option, string key) => parsed.GetValue(option) ?? ServiceSetting.Text(key);

    /// <summary>Adds the mistakes in the config file, which <see cref="Text"/> does not tell.</summary>
    public static void CheckConfigFile(List<string> mistakes) => ConfigFile.Read(mistakes);

    /// <summary>Absolute path of the data directory.</summary>
    public string DataDirectory(ParseResult parsed) => Path.GetFullPath(Text(parsed, data, "data") ?? DefaultDataDirectory.Of(role));

    /// <summary>Name of this machine.</summary>
    public string Host(ParseResult parsed) => Text(parsed, host, "host-name") ?? Environment.MachineName;

    /// <summary>File with the authorities to trust; null for the system's.</summary>
    public string? Authority(ParseResult parsed) => Text(parsed, authority, "ca");

    /// <summary>The broker options; null after a mistake.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="mistakes">Receives the mistakes.</param>
    /// <param name="declares">Whether this process declares the lab's queues; only the producer does.</param>
    public Action<BrokerOptions>? Broker(ParseResult parsed, List<string> mistakes, bool declares)
    {
        var text = Text(parsed, broker, "broker");
        if (text is null)
            mistakes.Add("No broker is given: use --broker amqp://user:password@head:5672, or set DBATCH_BROKER. 'dbatch run' needs no broker.");
        else if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("amqp" or "amqps"))
            mistakes.Add($"--broker: '{text}' is not a broker address; write it as amqp://user:password@host:5672 or amqps://…");
        else
            return options =>
            {
                options.Url = url;
                options.CertificateAuthorityFile = Text(parsed, brokerAuthority, "broker-ca") ?? Authority(parsed);
                options.Declares = declares;
                options.HostName = Host(parsed);
                options.Role = role;
            };
        return null;
    }
}
