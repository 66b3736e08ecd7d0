using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Options;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch token</c>: who may ask the server for what.</summary>
internal static class TokenCommand
{
    /// <summary>The verb with its three.</summary>
    public static Command Create() => new("token", "Make, list and revoke the tokens that open a server.") { CreateOne(), List(), Revoke() };

    private static Command CreateOne()
    {
        var role = new Option<string>("--role") { HelpName = "ROLE", Required = true, Description = "view, submit, operate or host" };
        var name = new Option<string>("--name") { HelpName = "NAME", Description = "what to call it, such as whose it is" };
        var expires = new Option<string>("--expires") { HelpName = "TIME", Description = "how long it is good for, such as 90d; default: until it is revoked" };
        var verb = Verb("create", "Make a token and print it; it is shown this once.", async (parsed, source, json, cancellation) =>
        {
            var mistakes = new List<string>();
            var given = new Dictionary<string, SettingValue>(StringComparer.Ordinal) { ["role"] = new([parsed.GetValue(role)!], "--role", "/") };
            if (parsed.GetValue(expires) is { } text)
                given["expires"] = new SettingValue([text], "--expires", "/");
            var reader = new SettingReader(given, mistakes);
            var (wanted, life) = (reader.Word<TokenRole>("role"), reader.Duration("expires"));
            if (mistakes.Count > 0 || wanted is not { } chosen)
                return ErrorOutput.Usage(mistakes);
            var created = await source.CreateAsync(new NewToken(chosen, parsed.GetValue(name), TimeProvider.System.GetUtcNow() + life), cancellation);
            Console.Out.WriteLine(json ? JsonSerializer.Serialize(created, ContractsJson.Indented.CreatedToken) : created.Token);
            return ExitCode.Done;
        });
        foreach (var option in new[] { role, name, expires })
            verb.Options.Add(option);
        return verb;
    }

    private static Command List() => Verb("list", "List the tokens, without their secrets.", async (_, source, json, cancellation) =>
    {
        var tokens = await source.ListAsync(cancellation);
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(tokens, ContractsJson.Indented.IReadOnlyListTokenView));
        else if (tokens.Count == 0)
            Console.Error.WriteLine("There is no token but the operator's own. Make one with: dbatch token create --role submit");
        else
            Console.Out.Write(Table(tokens));
        return ExitCode.Done;
    });

    private static Command Revoke()
    {
        var token = new Argument<string>("TOKEN") { Description = "its id or name" };
        var verb = Verb("revoke", "Revoke a token by id or name. It is good for nothing from then on.", async (parsed, source, json, cancellation) =>
        {
            var revoked = await source.RevokeAsync(parsed.GetValue(token)!, cancellation);
            if (json)
                Console.Out.WriteLine(JsonSerializer.Serialize(revoked, ContractsJson.Indented.TokenView));
            else if (revoked.Role == TokenRole.Host)
                Console.Out.WriteLine($"Token '{revoked.Name}' is revoked. The host's user at the broker is another matter: dbatch broker revoke HOST | sh, where the broker runs.");
            else
                Console.Out.WriteLine($"Token '{revoked.Name}' is revoked.");
            return ExitCode.Done;
        });
        verb.Arguments.Add(token);
        return verb;
    }

    private static TextTable Table(IReadOnlyList<TokenView> tokens)
    {
        var table = new TextTable("ID", "NAME", "ROLE", "CREATED", "EXPIRES");
        foreach (var token in tokens)
            table.Add(token.Id, token.Name, token.Role.ToText(), Day(token.CreatedAt), token.ExpiresAt is { } end ? Day(end) : "never");
        return table;

        static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture);
    }

    private static Command Verb(string name, string meaning, Func<ParseResult, ITokenSource, bool, CancellationToken, Task<int>> act)
    {
        var server = new Option<string>("--server") { HelpName = "URL", Description = "the server [DBATCH_SERVER]" };
        var token = new Option<string>("--token") { HelpName = "TOKEN", Description = "operator token [DBATCH_TOKEN, DBATCH_TOKEN_FILE]" };
        var authority = ServerAddress.AuthorityOption();
        var data = new Option<string>("--data") { HelpName = "DIR", Description = "work on the tokens in this data directory, whether its server runs or not" };
        var json = new Option<bool>("--json") { Description = "print JSON" };
        var verb = new Command(name, meaning) { server, token, authority, data, json };
        verb.SetAction(async (parsed, cancellation) =>
        {
            var mistakes = new List<string>();
            var address = parsed.GetValue(data) is null ? ServerAddress.Find(parsed.GetValue(server), parsed.GetValue(token), parsed.GetValue(authority), mistakes) : null;
            if (address is null && parsed.GetValue(data) is null && mistakes.Count == 0)
                mistakes.Add("Say which server: --server http://head:8080, or set DBATCH_SERVER; or give its data directory: --data DIR.");
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            try
            {
                using ITokenSource source = address is null ? new LocalTokens(parsed.GetValue(data)!) : new HttpTokens(address);
                return await act(parsed, source, parsed.GetValue(json), cancellation);
            }
            catch (ServerException failure)
            {
                return ErrorOutput.Print(failure.Message, failure.ExitCode);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
            {
                return ErrorOutput.Usage(failure.Message);
            }
        });
        return verb;
    }
}
