using DistributedBatch.Messaging.Access;

namespace DistributedBatch.Messaging.Tests.Support;

internal static class BrokerUserExtensions
{
    // Users belong to the broker and not to a vhost, and tests that run side by side use the same ones.
    private const string Password = "test";

    /// <summary>Makes the user, with its permissions in the vhost alone.</summary>
    /// <returns>The url with which it connects.</returns>
    public static async Task<Uri> AdmitAsync(this PrivateBroker broker, Uri vhost, BrokerUser user, CancellationToken cancellation)
    {
        await broker.AdmitAsync(vhost, user.Name, Password, user.Permissions.Configure, user.Permissions.Write, user.Permissions.Read, cancellation);
        return new UriBuilder(vhost) { UserName = user.Name, Password = Password }.Uri;
    }
}
