using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DistributedBatch.Messaging.Files;

namespace DistributedBatch.Cli.Certificates;

/// <summary>
/// A private certificate authority in a directory. <c>ca.pem</c> goes to every client, <c>ca.key</c> stays in the directory. The authority signs server
/// certificates only. Keys are EC P-256, which every TLS stack of the last ten years supports.
/// </summary>
internal sealed class CertificateAuthority(string directory)
{
    /// <summary>Certificates start one day early, because clocks differ.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromDays(1);

    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    /// <summary>The authority's certificate.</summary>
    public string CertificateFile => Path.Combine(directory, "ca.pem");

    /// <summary>The authority's key.</summary>
    public string KeyFile => Path.Combine(directory, "ca.key");

    /// <summary>Creates the authority; false, without any change, when the directory has one already.</summary>
    /// <param name="name">Name in the certificate.</param>
    /// <param name="life">Validity period.</param>
    public bool TryCreate(string name, TimeSpan life)
    {
        if (File.Exists(KeyFile) || File.Exists(CertificateFile))
            return false;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={Quoted(name)}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now - ClockSlack, now + life);
        if (!PrivateFile.TryCreate(KeyFile, key.ExportPkcs8PrivateKeyPem() + "\n"))
            return false;
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem() + "\n");
        return true;
    }

    /// <summary>Issues a server certificate, <c>NAME.pem</c> with <c>NAME.key</c>. Replaces an earlier one.</summary>
    /// <param name="name">Name of the files.</param>
    /// <param name="hosts">Host names and IP addresses of the server.</param>
    /// <param name="life">Validity period; it ends with the authority's at the latest.</param>
    /// <exception cref="CryptographicException">The authority's files hold no key or certificate.</exception>
    public (string Certificate, string Key) Issue(string name, IReadOnlyList<string> hosts, TimeSpan life)
    {
        using var authority = X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={Quoted(hosts[0])}"), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var now = DateTimeOffset.UtcNow;
        var end = now + life < authority.NotAfter ? now + life : authority.NotAfter;
        using var certificate = request.Create(authority, Later(now - ClockSlack, authority.NotBefore), end, SerialNumber());
        var files = (Certificate: Path.Combine(directory, name + ".pem"), Key: Path.Combine(directory, name + ".key"));
        PrivateFile.Replace(files.Key, key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem() + "\n");
        return files;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    /// <summary>A random number; X.509 requires a positive one.</summary>
    private static byte[] SerialNumber()
    {
        var number = RandomNumberGenerator.GetBytes(16);
        number[0] = (byte)((number[0] & 0x7F) | 0x40);
        return number;
    }

    private static string Quoted(string text) => $"\"{text.Replace("\"", "", StringComparison.Ordinal)}\"";
}
