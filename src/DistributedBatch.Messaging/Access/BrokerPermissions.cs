using System.Text;
using DistributedBatch.Messaging.Queues;

namespace DistributedBatch.Messaging.Access;

/// <summary>
/// What a user may do in a vhost, as RabbitMQ writes it: three patterns over the names of queues and exchanges
/// (https://www.rabbitmq.com/docs/access-control#authorisation). Every pattern names the whole of what it allows.
/// </summary>
/// <param name="Configure">What it may make and delete.</param>
/// <param name="Write">Where it may publish, and which queues it may bind.</param>
/// <param name="Read">Which queues it may consume from, and what it may bind to.</param>
public sealed record BrokerPermissions(string Configure, string Write, string Read)
{
    /// <summary>The exchange that reaches every queue by its name. Whoever may write to it may put chunks into the queues, so only the producer may.</summary>
    private const string DefaultExchange = @"amq\.default";

    /// <summary>The least that <paramref name="role"/> works with.</summary>
    /// <param name="role">The role.</param>
    /// <param name="host">Name of the host whose queue of broadcasts a consumer may use; null for every host's.</param>
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
                string[] own = [$@"{ours}tracker(_error|_skipped)?", $@"{ours}reply\..*"];
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

    /// <summary>A name as a pattern that matches it alone. Names are checked for the few characters that mean nothing to a shell, so this is all there is to escape.</summary>
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
