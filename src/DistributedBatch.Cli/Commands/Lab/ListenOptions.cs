using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary>The addresses of a server, and its certificate.</summary>
/// <param name="Addresses">The <c>http://</c> and <c>https://</c> addresses.</param>
/// <param name="Certificate">PEM file with the certificate; null without <c>https://</c>.</param>
/// <param name="Key">PEM file with its key.</param>
internal sealed record ListenOptions(string[] Addresses, string? Certificate, string? Key)
{
    /// <summary>The settings for Kestrel; see https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/endpoints.</summary>
    public IReadOnlyDictionary<string, string?> KestrelSettings => Certificate is null
        ? new Dictionary<string, string?>()
        : new Dictionary<string, string?>
        {
            ["Kestrel:Certificates:Default:Path"] = Path.GetFullPath(Certificate),
            ["Kestrel:Certificates:Default:KeyPath"] = Path.GetFullPath(Key!),
        };

    /// <summary>Reads <c>--listen</c>, <c>--tls-cert</c> and <c>--tls-key</c>.</summary>
    /// <param name="listen">Addresses, separated by commas.</param>
    /// <param name="certificate">File with the certificate; null for none.</param>
    /// <param name="key">File with the key; null for none.</param>
    /// <param name="mistakes">Receives the mistakes.</param>
    public static ListenOptions Read(string listen, string? certificate, string? key, List<string> mistakes)
    {
        var addresses = listen.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var address in (addresses is [] ? [listen] : addresses).Where(address => !Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")))
            mistakes.Add($"--listen: '{address}' is not an address to listen on; write it as http://127.0.0.1:8080, or https://0.0.0.0:8443 for every network.");

        var encrypts = addresses.Any(address => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase));
        if (encrypts && (certificate is null || key is null))
            mistakes.Add("--listen: https:// needs --tls-cert and --tls-key. 'dbatch ca init' and 'dbatch ca issue' create an authority and a certificate.");
        else if (encrypts && CertificateMistake(certificate!, key!) is { } mistake)
            mistakes.Add(mistake);
        return new ListenOptions(addresses, encrypts ? certificate : null, key);
    }

    private static string? CertificateMistake(string certificate, string key)
    {
        try
        {
            using var read = X509Certificate2.CreateFromPemFile(certificate, key);
            return read.NotAfter < TimeProvider.System.GetLocalNow().DateTime ? $"--tls-cert: {certificate} expired on {read.NotAfter:yyyy-MM-dd}; issue a new certificate." : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"--tls-cert: {certificate} and {key} are not a certificate with its key: {failure.Message}";
        }
    }
}
