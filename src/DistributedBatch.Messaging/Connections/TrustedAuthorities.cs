using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DistributedBatch.Messaging.Connections;

/// <summary>
/// Verifies the certificate of a broker or HTTP server against the authorities in a file, in place of those of the system. The host name must match in both cases. The
/// check cannot be switched off.
/// </summary>
public static class TrustedAuthorities
{
    // https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>The check to use; null for the system's own.</summary>
    /// <param name="file">PEM file with one or more certificates; null for the system's authorities.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="CryptographicException">The file holds no certificates.</exception>
    public static RemoteCertificateValidationCallback? Check(string? file)
    {
        if (file is null)
            return null;
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        if (authorities.Count == 0)
            throw new CryptographicException("there is no certificate in it");
        return (_, certificate, _, errors) =>
        {
            if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
                return false;
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;

            // A certificate that the authority issued for clients must not pose as a server.
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
            using var server = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
            return chain.Build(server);
        };
    }

    /// <summary>An HTTP client with this check.</summary>
    /// <param name="server">Where requests go; a path in it is kept.</param>
    /// <param name="file">As for <see cref="Check"/>.</param>
    public static HttpClient ClientOf(Uri server, string? file)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = Check(file);
        return new HttpClient(handler) { BaseAddress = new Uri(server.AbsoluteUri.TrimEnd('/') + "/"), Timeout = Timeout.InfiniteTimeSpan };
    }
}
