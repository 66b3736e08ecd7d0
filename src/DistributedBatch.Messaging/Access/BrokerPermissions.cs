using System.Text;
using DistributedBatch.Messaging.Queues;

namespace DistributedBatch.Messaging.Access;

/// <summary>
/// Permissions of a user in a vhost, as RabbitMQ writes them: three regular expressions over the names of queues and exchanges
/// (https://www.rabbitmq.com/docs/access-control#authorisation). Each matches whole names.
/// </summary>
/// <param name="Configure">What it may declare and delete.</param>
/// <param name="Write">Where it may publish, and which queues it may bind to an exchange.</param>
/// <param name="Read">Which queues it may consume from, and to which exchanges it may bind.</param>
public sealed record BrokerPermissions(string Configure, string Write, string Read)
{
    /// <summary>The exchange that reaches every queue by its name. Only the producer may write to it, because it can put chunks into the queues.</summary>
    private const string DefaultExchange = @"amq\.default";

    /// <summary>The fewest permissions that <paramref name="role"/> works with.</summary>
    /// <param name="role">The role.</param>
    /// <param name="host">Name of the host whose queue a consumer may use; null for the queues of all hosts.</param>
    /// <param name="prefix">First part of the names of this deployment, see <see cref="Connections.BrokerOptions.Prefix"/>.</param>
    public static BrokerPermissions Of(BrokerRole role, string? host = null, string prefix = "dbatch")
    {
        var ours = Escape(prefix) + @"\.";
        var all = $"{ours}.*";
        var probe = ours + Topology.Probe;
        switch (role)
        {
            case BrokerRole.Producer:
                return new BrokerPermissions(Only(all), Only(all, DefaultExchange), Only(all));
            case BrokerRole.Tracker:
                string[] own = [$@"{ours}tracker\.(reports|runs)(_error|_skipped)?", $@"{ours}reply\..*"];
                return new BrokerPermissions(Only(own), Only([.. own, probe, .. Exchanges(Topology.FromTracker)]), Only(own));
            default:
                var broadcasts = $@"{ours}host\.{(host is null ? ".+" : Escape(host))}";
                return new BrokerPermissions(
                    Only(broadcasts),
                    Only([broadcasts, probe, .. Exchanges(Topology.FromHosts)]),
                    Only([broadcasts, .. Exchanges(Topology.ToHosts), .. Topology.Classes.Select(name => $@"{ours}chunks\.{name}")]));
        }

        IEnumerable<string> Exchanges(IEnumerable<Type> messages) => messages.Select(message => ours + Escape(Topology.WordOf(message)));
    }

    private static string Only(params IEnumerable<string> patterns) => $"^({string.Join('|', patterns)})$";

    /// <summary>A name as a regular expression that matches it alone.</summary>
    private static string Escape(string name)
    {
        var pattern = new StringBuilder();
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_'))
                pattern.Append('\\');
            pattern.Append(letter);
        }

        return pattern.ToString();
    }
}
