using System.Collections.Concurrent;
using DistributedBatch.Messaging.Bus;

namespace DistributedBatch.Messaging.Access;

/// <summary>
/// Decides who may say what. A message names the broker user that sent it (AMQP's <c>user-id</c>), and the broker accepts no name but that of the connection
/// (https://www.rabbitmq.com/docs/validated-user-id). A host with a broker user of its own speaks for itself alone, and nobody else speaks for it. Hosts that share a user
/// cannot be told apart, so each of them can speak for the others.
/// </summary>
/// <param name="ownUser">The broker user of this process.</param>
internal sealed class MessageSenders(string ownUser)
{
    private readonly ConcurrentDictionary<string, bool> hostsWithOwnUser = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether every message must name its sender: in a lab whose users <c>dbatch broker</c> made. Elsewhere, as with <c>guest</c> for everybody, all have the same rights
    /// anyway, and programs of older versions go on.
    /// </summary>
    private readonly bool isStrict = ownUser.StartsWith(BrokerUser.Prefix, StringComparison.Ordinal);

    /// <summary>Why a message of a host must not be handled; null when it may.</summary>
    /// <param name="user">The user that sent it; null when it does not say.</param>
    /// <param name="message">The message.</param>
    public (RefusalReason Reason, string Sentence)? RefusalOfHost(string? user, IHostMessage message)
    {
        if (user == ownUser || user == BrokerUser.NameOf(BrokerRole.Producer))
            return null;
        if (user is null && isStrict)
            return Unnamed;
        var own = user is null ? null : BrokerUser.HostOf(user);
        if (own is not null)
            hostsWithOwnUser.TryAdd(own, true);
        foreach (var host in message.Speakers)
        {
            // A host of an older version does not say who found a chunk dead.
            if (host is null && !isStrict)
                continue;
            if (host is null || (own is null ? hostsWithOwnUser.ContainsKey(host) : host != own))
                return (RefusalReason.WrongSender, $"{Named(user)} may not speak for {(host is null ? "a host without a name" : $"host '{Shortened(host)}'")}.");
        }

        return null;
    }

    /// <summary>Why a message of a service must not be handled; null when it may.</summary>
    /// <param name="user">The user that sent it; null when it does not say.</param>
    /// <param name="mustBeNamed">Whether it must name its sender, because hosts may publish to the queue too.</param>
    public (RefusalReason Reason, string Sentence)? RefusalOfService(string? user, bool mustBeNamed)
    {
        if (user is null)
            return mustBeNamed && isStrict ? Unnamed : null;
        return user == BrokerUser.NameOf(BrokerRole.Consumer) || BrokerUser.HostOf(user) is not null
            ? (RefusalReason.WrongSender, $"{Named(user)} may not give orders.")
            : null;
    }

    private static (RefusalReason Reason, string Sentence) Unnamed => (
        RefusalReason.UnnamedSender,
        "It does not name the broker user that sent it. Its sender is older than this program: update it.");

    private static string Named(string? user) => user is null ? "A sender without a name" : $"Broker user '{Shortened(user)}'";

    private static string Shortened(string name) => name.Length <= 100 ? name : name[..100] + "…";
}
