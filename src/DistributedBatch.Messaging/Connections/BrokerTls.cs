using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace DistributedBatch.Messaging.Connections;

/// <summary>Verifies the broker's certificate against the authorities of a file in place of the system's. The host name must match either way.</summary>
internal static class BrokerTls
{
    public static bool IsWanted(BrokerOptions options) => options.Url.Scheme == "amqps";

    /// <summary>The check to use; null for the system's own.</summary>
    /// <exception cref="BrokerRefusedException">The authorities' file cannot be read.</exception>
    public static RemoteCertificateValidationCallback? Verification(BrokerOptions options)
    {
        if (options.CertificateAuthorityFile is not { } file)
            return null;
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new BrokerRefusedException($"Cannot read the broker's certificate authority '{file}': {failure.Message}", failure);
        }

        return (_, certificate, _, errors) =>
        {
            if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
                return false;
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            using var server = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
            return chain.Build(server);
        };
    }
}
