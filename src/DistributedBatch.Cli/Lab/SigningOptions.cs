using System.CommandLine;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Signing;

namespace DistributedBatch.Cli.Lab;

/// <summary>The options by which producers sign jobs and hosts know them.</summary>
internal sealed class SigningOptions
{
    /// <summary>Where a host keeps the keys its server told it, for the day the server is away.</summary>
    private const string LearnedFile = "trusted.pub";

    private readonly Option<string> key = new("--signing-key")
    {
        HelpName = "FILE",
        Description = "the producer's key, made when it is missing [DBATCH_SIGNING_KEY]; default: signing.key in the data directory",
    };

    /// <summary>The option that names trusted keys.</summary>
    public Option<string> Trust { get; } = new("--trust")
    {
        HelpName = "FILE",
        Description = "public keys of the producers whose chunks may run [DBATCH_TRUST]; default for a consumer: what an https server says",
    };

    /// <summary>Adds the options of a head to <paramref name="verb"/>.</summary>
    public void AddToHead(Command verb)
    {
        verb.Options.Add(key);
        verb.Options.Add(Trust);
    }

    /// <summary>What the roles of a head need: the producer its key, and a consumer beside it the public half.</summary>
    public Action<BrokerOptions> ForHead(ParseResult parsed, string[] roles, string dataDirectory, List<string> mistakes)
    {
        var file = ServiceOptions.Text(parsed, key, "signing-key") ?? SigningKey.DefaultFile(dataDirectory);
        var own = roles.Contains("producer") ? Guarded(mistakes, () => SigningKey.ReadOrCreate(file)) : null;
        var trust = TrustFile(parsed) ?? (own is null ? null : SigningKey.PublicFile(file));
        var trusted = roles.Contains("consumer") && trust is not null ? Guarded(mistakes, () => TrustedKeys.Parse(File.ReadAllText(trust), trust)) : null;
        return options => (options.SigningKey, options.Trusted) = (own, trusted);
    }

    /// <summary>The file of public keys that was named; null for none.</summary>
    public string? TrustFile(ParseResult parsed) => ServiceOptions.Text(parsed, Trust, "trust");

    /// <summary>
    /// Whose chunks a host runs: the file's keys, or else what an https server says, which is asked until it answers once. Null when there is neither, and then
    /// it has been said.
    /// </summary>
    /// <exception cref="ServerException">The server has no key to tell, or does not let us in.</exception>
    public async Task<TrustedKeys?> TrustedAsync(
        ParseResult parsed, ServerAddress? server, string dataDirectory, List<string> mistakes, CancellationToken cancellation)
    {
        if (TrustFile(parsed) is { } file)
            return Guarded(mistakes, () => TrustedKeys.Parse(File.ReadAllText(file), file));
        if (server?.Url.Scheme == Uri.UriSchemeHttps)
            return await LearnAsync(server, Path.Combine(dataDirectory, LearnedFile), cancellation);
        Console.Error.WriteLine("dbatch: no --trust and no https server: chunks are run whoever put them into the queue.");
        return null;
    }

    private static async Task<TrustedKeys> LearnAsync(ServerAddress address, string learned, CancellationToken cancellation)
    {
        using var server = new ServerConnection(address);
        var told = false;
        while (true)
        {
            try
            {
                using var response = await server.SendAsync(HttpMethod.Get, "api/signing-key", null, cancellation);
                await server.ThrowUnlessGoodAsync(response, cancellation);
                var pem = await response.Content.ReadAsStringAsync(cancellation);
                var keys = TrustedKeys.Parse(pem, server.Place);
                Directory.CreateDirectory(Path.GetDirectoryName(learned)!);
                await File.WriteAllTextAsync(learned, pem, cancellation);
                return keys;
            }
            catch (InvalidDataException answer)
            {
                throw new ServerException(answer.Message, CommandLine.ExitCode.WrongUsage);
            }
            catch (ServerException away) when (away.ExitCode == CommandLine.ExitCode.Unreachable)
            {
                if (File.Exists(learned))
                    return TrustedKeys.Parse(await File.ReadAllTextAsync(learned, cancellation), learned);
                if (!told)
                    Console.Error.WriteLine($"dbatch: {away.Message} Waiting for it, to learn whose chunks may run here.");
                told = true;
                await Task.Delay(TimeSpan.FromSeconds(2), cancellation);
            }
        }
    }

    private static T? Guarded<T>(List<string> mistakes, Func<T> read)
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
