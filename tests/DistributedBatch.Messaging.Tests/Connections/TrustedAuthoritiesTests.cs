using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Messaging.Tests.Connections;

public sealed class TrustedAuthoritiesTests
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    [Theory]
    [InlineData(ServerAuthentication, true)]
    [InlineData(ClientAuthentication, false)]
    public void Only_a_certificate_for_servers_is_accepted_from_a_server(string purpose, bool isAccepted)
    {
        using var directory = new TempDirectory();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var (from, to) = (DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddHours(1));
        using var authority = request.CreateSelfSigned(from, to);
        File.WriteAllText(directory["ca.pem"], authority.ExportCertificatePem());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leaf = new CertificateRequest("CN=head", key, HashAlgorithmName.SHA256);
        leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        using var certificate = leaf.Create(authority, from, to, [1, 2, 3]);

        var check = TrustedAuthorities.Check(directory["ca.pem"])!;

        Assert.Equal(isAccepted, check(this, certificate, chain: null, SslPolicyErrors.RemoteCertificateChainErrors));
    }
}
