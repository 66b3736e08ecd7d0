using System.Security.Cryptography;
using System.Text;

namespace DistributedBatch.Messaging.Access;

/// <summary>A user of the broker with a password of its own and the least permissions.</summary>
/// <param name="Name">Its name there, such as <c>dbatch-consumer</c> or <c>dbatch-host-lab7</c>.</param>
/// <param name="Password">Its password: 32 random bytes in hexadecimal, so that it needs no escaping anywhere.</param>
/// <param name="Permissions">What it may do in the vhost.</param>
public sealed record BrokerUser(string Name, string Password, BrokerPermissions Permissions)
{
    /// <summary>First part of the names of all users that are made here.</summary>
    internal const string Prefix = "dbatch-";

    private const string HostPrefix = Prefix + "host-";
    private const int SaltBytes = 4;

    /// <summary>A user for every process of a role.</summary>
    public static BrokerUser For(BrokerRole role) =>
        new(NameOf(role), NewPassword(), BrokerPermissions.Of(role));

    /// <summary>A user for the consumer of one host, which can be removed without touching the others.</summary>
    public static BrokerUser ForHost(string host) => new(NameOfHost(host), NewPassword(), BrokerPermissions.Of(BrokerRole.Consumer, host));

    /// <summary>Name of the user of a host.</summary>
    public static string NameOfHost(string host) => HostPrefix + host;

    /// <summary>Name of the user of a role.</summary>
    public static string NameOf(BrokerRole role) => Prefix + role.ToString().ToLowerInvariant();

    /// <summary>The host whose user this is; null for any other user.</summary>
    internal static string? HostOf(string user) => user.StartsWith(HostPrefix, StringComparison.Ordinal) ? user[HostPrefix.Length..] : null;

    /// <summary>The password as RabbitMQ stores it: salt and SHA-256 (https://www.rabbitmq.com/docs/passwords#this-is-the-algorithm).</summary>
    public string PasswordHash()
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return Convert.ToBase64String([.. salt, .. SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(Password)])]);
    }

    private static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
}
