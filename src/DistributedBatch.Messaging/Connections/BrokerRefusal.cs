using System.Security.Authentication;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Connections;

/// <summary>Recognises failures that somebody has to mend; other failures pass by themselves.</summary>
internal static class BrokerRefusal
{
    private const ushort AccessRefused = 403;
    private const ushort PreconditionFailed = 406;
    private const ushort NotAllowed = 530;

    /// <summary>What is wrong and what to do, or null for a failure that may pass by itself.</summary>
    public static string? Of(Exception failure, BrokerOptions options)
    {
        var broker = $"{options.Url.Host}:{PortOf(options.Url)}";
        var vhost = Uri.UnescapeDataString(options.Url.AbsolutePath.TrimStart('/')) is { Length: > 0 } name ? name : "/";
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AuthenticationFailureException or PossibleAuthenticationFailureException:
                    return $"The broker at {broker} does not accept user '{options.User}' with this password. Check the user and password in the "
                        + "broker url; the user 'guest' is only welcome from the broker's own machine (rabbitmqctl add_user makes another).";
                case OperationInterruptedException { ShutdownReason: { ReplyCode: NotAllowed } reason }:
                    return $"The broker at {broker} has no vhost '{vhost}', or user '{options.User}' may not use it ({reason.ReplyText}). "
                        + "Create it with rabbitmqctl add_vhost and set_permissions, or name another at the end of the broker url.";
                case OperationInterruptedException { ShutdownReason: { ReplyCode: AccessRefused } reason }:
                    return $"User '{options.User}' may not do what we need in vhost '{vhost}' of the broker at {broker} ({reason.ReplyText}). "
                        + "Use the user of this role and this host ('dbatch broker users' and 'dbatch broker host' make them), or give it all permissions there: "
                        + $"rabbitmqctl set_permissions -p {vhost} {options.User} '.*' '.*' '.*'.";
                case OperationInterruptedException { ShutdownReason: { ReplyCode: PreconditionFailed } reason }:
                    return $"A queue on the broker at {broker} was made with other settings than ours ({reason.ReplyText}). Use the same settings in every "
                        + $"process; to change them, stop all, delete the '{options.Prefix}.' queues of vhost '{vhost}', and start again.";
                case AuthenticationException:
                    return $"The TLS certificate of the broker at {broker} was not accepted ({cause.Message}). If it was signed by your own authority, "
                        + "name its PEM file with --ca FILE or DBATCH_CA.";
            }
        }

        return null;
    }

    private static int PortOf(Uri url) => url.Port > 0 ? url.Port : url.Scheme == "amqps" ? 5671 : 5672;
}
