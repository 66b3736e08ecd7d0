using System.CommandLine;
using System.Security.Cryptography;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Cli.Text;
using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Cli.Servers;

/// <summary>A server, and the token and authority to use with it.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Token">The token; null for none.</param>
/// <param name="Authority">File with the authorities to trust; null for the system's.</param>
internal sealed record ServerAddress(Uri Url, string? Token, string? Authority)
{
    /// <summary>The server from flags, environment or config file, in this order; null when none is named.</summary>
    /// <param name="url">The value of <c>--server</c>.</param>
    /// <param name="token">The value of <c>--token</c>.</param>
    /// <param name="authority">The value of <c>--ca</c>.</param>
    /// <param name="mistakes">Receives the mistakes.</param>
    public static ServerAddress? Find(string? url, string? token, string? authority, List<string> mistakes)
    {
        var config = ConfigFile.Read(mistakes);
        var text = First(url, Variable("DBATCH_SERVER"), config.GetValueOrDefault("server")?.Text);
        if (text is null)
            return null;
        if (!Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var address)
            || address.Scheme is not ("http" or "https"))
        {
            mistakes.Add($"'{text}' is not a server address; write it as http://head:8080.");
            return null;
        }

        authority = First(authority, ServiceSetting.Text("ca"));
        if (address.Scheme == "https" && AuthorityMistake(authority) is { } mistake)
            mistakes.Add(mistake);
        return new ServerAddress(address, First(token, Variable("DBATCH_TOKEN"), TokenFile(mistakes), config.GetValueOrDefault("token")?.Text, LocalToken(address)), authority);
    }

    /// <summary>The options that other commands need to reach the same server, with a leading blank; empty when they find it without. A token is never printed.</summary>
    public string CommandOptions
    {
        get
        {
            var found = Find(url: null, token: null, authority: null, []);
            var server = found?.Url == Url ? "" : $" --server {CommandText.Join([Url.AbsoluteUri.TrimEnd('/')])}";
            return found?.Authority == Authority || Authority is null ? server : $"{server} --ca {CommandText.Join([Authority])}";
        }
    }

    /// <summary>The option that names the authorities to trust.</summary>
    public static Option<string> AuthorityOption() => new("--ca")
    {
        HelpName = "FILE",
        Description = "PEM file with the authorities to trust for https:// [DBATCH_CA]; default: the system's",
    };

    private static string? AuthorityMistake(string? file)
    {
        try
        {
            TrustedAuthorities.Check(file);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"--ca: cannot read {file}: {failure.Message}";
        }
    }

    private static string? TokenFile(List<string> mistakes)
    {
        if (Variable("DBATCH_TOKEN_FILE") is not { } file)
            return null;
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"DBATCH_TOKEN_FILE: cannot read {file}: {failure.Message}");
            return null;
        }
    }

    /// <summary>The token of a server on this machine, for a user who may read its file.</summary>
    private static string? LocalToken(Uri address)
    {
        var file = Path.Combine(DefaultDataDirectory.Of("serve"), "token");
        try
        {
            return address.IsLoopback && File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string? First(params IEnumerable<string?> candidates) => candidates.FirstOrDefault(candidate => !string.IsNullOrWhiteSpace(candidate));
}
