using System.CommandLine;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Files;
using DistributedBatch.Messaging.Signing;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary>The options for signed jobs: the producer's key, and the public keys that a host trusts.</summary>
internal sealed class SigningOptions
{
    /// <summary>The host's copy of the keys from its server, for times without the server.</summary>
    private const string CachedKeysFile = "trusted.pub";

    private readonly Option<string> key = new("--signing-key")
    {
        HelpName = "FILE",
        Description = "the producer's key, created when it is missing [DBATCH_SIGNING_KEY]; default: signing.key in the data directory",
    };

    /// <summary>The option that names trusted keys.</summary>
    public Option<string> Trust { get; } = new("--trust")
    {
        HelpName = "FILE",
        Description = "public keys of trusted producers [DBATCH_TRUST]; default for a consumer: the keys from an https server",
    };

    /// <summary>Adds the options of a head to <paramref name="command"/>.</summary>
    public void AddToHead(Command command)
    {
        command.Options.Add(key);
        command.Options.Add(Trust);
    }

    /// <summary>The keys for the roles of a head: the signing key for the producer, the public keys for a consumer.</summary>
    public Action<BrokerOptions> ForHead(ParseResult parsed, string[] roles, string dataDirectory, List<string> mistakes)
    {
        var file = ServiceOptions.Text(parsed, key, "signing-key") ?? SigningKey.DefaultFile(dataDirectory);
        var own = roles.Contains("producer") ? TryRead(mistakes, () => SigningKey.ReadOrCreate(file)) : null;
        var trust = TrustFile(parsed) ?? (own is null ? null : SigningKey.PublicFile(file));
        var trusted = roles.Contains("consumer") && trust is not null ? TryRead(mistakes, () => TrustedKeys.Parse(File.ReadAllText(trust), trust)) : null;
        return options => (options.SigningKey, options.Trusted) = (own, trusted);
    }

    /// <summary>The file of public keys; null for none.</summary>
    public string? TrustFile(ParseResult parsed) => ServiceOptions.Text(parsed, Trust, "trust");

    /// <summary>
    /// The keys that a host trusts: those of the file, else those of an https server, which is asked until it answers. Null without either, and then a
    /// warning is printed.
    /// </summary>
    /// <exception cref="ServerException">The server has no keys, or refuses the request.</exception>
    public async Task<TrustedKeys?> TrustedAsync(
        ParseResult parsed, ServerAddress? server, string dataDirectory, List<string> mistakes, CancellationToken cancellation)
    {
        if (TrustFile(parsed) is { } file)
            return TryRead(mistakes, () => TrustedKeys.Parse(File.ReadAllText(file), file));
        if (server?.Url.Scheme == Uri.UriSchemeHttps)
            return await FetchKeysAsync(server, Path.Combine(dataDirectory, CachedKeysFile), cancellation);
        Console.Error.WriteLine("dbatch: without --trust or an https server this host runs every chunk in the queue, whoever published it.");
        return null;
    }

    private static async Task<TrustedKeys> FetchKeysAsync(ServerAddress address, string cachedKeys, CancellationToken cancellation)
    {
        using var server = new ServerConnection(address);
        var warned = false;
        while (true)
        {
            try
            {
                using var response = await server.SendAsync(HttpMethod.Get, "api/signing-key", null, cancellation);
                await server.EnsureSuccessAsync(response, cancellation);
                var pem = await response.Content.ReadAsStringAsync(cancellation);
                var keys = TrustedKeys.Parse(pem, server.Location);
                PrivateFile.ReplacePublic(cachedKeys, pem);
                return keys;
            }
            catch (InvalidDataException answer)
            {
                throw new ServerException(answer.Message, ExitCode.WrongUsage);
            }
            catch (ServerException unreachable) when (unreachable.ExitCode == ExitCode.Unreachable)
            {
                if (File.Exists(cachedKeys))
                    return TrustedKeys.Parse(await File.ReadAllTextAsync(cachedKeys, cancellation), cachedKeys);
                if (!warned)
                    Console.Error.WriteLine($"dbatch: {unreachable.Message} Waiting for the server's public keys.");
                warned = true;
                await Task.Delay(TimeSpan.FromSeconds(2), cancellation);
            }
        }
    }

    private static T? TryRead<T>(List<string> mistakes, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            mistakes.Add(failure.Message);
            return null;
        }
    }
}
