using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DistributedBatch.Cli.Lab;

/// <summary>Where a server listens, and the certificate it shows there.</summary>
/// <param name="Addresses">One <c>http://</c> or <c>https://</c> address each.</param>
/// <param name="Certificate">PEM file with the certificate; null without <c>https://</c>.</param>
/// <param name="Key">PEM file with its key.</param>
internal sealed record ListenOptions(string[] Addresses, string? Certificate, string? Key)
{
    /// <summary>What Kestrel wants to be told of it, see https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/endpoints.</summary>
    public IReadOnlyDictionary<string, string?> KestrelSettings => Certificate is null
        ? new Dictionary<string, string?>()
        : new Dictionary<string, string?>
        {
            ["Kestrel:Certificates:Default:Path"] = Path.GetFullPath(Certificate),
            ["Kestrel:Certificates:Default:KeyPath"] = Path.GetFullPath(Key!),
        };

    /// <summary>Reads <c>--listen</c>, <c>--tls-cert</c> and <c>--tls-key</c>.</summary>
    /// <param name="listen">Addresses with commas.</param>
    /// <param name="certificate">File with the certificate, if one was named.</param>
    /// <param name="key">File with the key, if one was named.</param>
    /// <param name="mistakes">Receives what is wrong.</param>
    public static ListenOptions Read(string listen, string? certificate, string? key, List<string> mistakes)
    {
        var addresses = listen.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var address in (addresses is [] ? [listen] : addresses).Where(address => !Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")))
            mistakes.Add($"--listen: '{address}' is no address to listen on; write it as http://127.0.0.1:8080, or https://0.0.0.0:8443 for every network.");

        var encrypts = addresses.Any(address => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase));
        if (encrypts && (certificate is null || key is null))
            mistakes.Add("--listen: https:// needs --tls-cert and --tls-key. 'dbatch ca init' and 'dbatch ca issue' make an authority and a certificate of your own.");
        else if (encrypts && CertificateMistake(certificate!, key!) is { } mistake)
            mistakes.Add(mistake);
        return new ListenOptions(addresses, encrypts ? certificate : null, key);
    }

    private static string? CertificateMistake(string certificate, string key)
    {
        try
        {
            using var read = X509Certificate2.CreateFromPemFile(certificate, key);
            return read.NotAfter < TimeProvider.System.GetLocalNow().DateTime ? $"--tls-cert: {certificate} expired on {read.NotAfter:yyyy-MM-dd}; issue a new one." : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"--tls-cert: {certificate} and {key} are no certificate with its key: {failure.Message}";
        }
    }
}
