using System.Net.Security;
using System.Security.Cryptography;

namespace DistributedBatch.Messaging.Connections;

/// <summary>How the broker's certificate is verified; see <see cref="TrustedAuthorities"/>.</summary>
internal static class BrokerTls
{
    public static bool IsWanted(BrokerOptions options) => options.Url.Scheme == "amqps";

    /// <summary>The check to use; null for the system's own.</summary>
    /// <exception cref="BrokerRefusedException">The authorities' file cannot be read.</exception>
    public static RemoteCertificateValidationCallback? Verification(BrokerOptions options)
    {
        try
        {
            return TrustedAuthorities.Check(options.CertificateAuthorityFile);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new BrokerRefusedException($"Cannot read the broker's certificate authority '{options.CertificateAuthorityFile}': {failure.Message}", failure);
        }
    }
}
