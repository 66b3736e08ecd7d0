using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch token</c>: the API tokens of a server.</summary>
internal static class TokenCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => new("token", "Create, list and revoke the API tokens of a server.") { CreateOne(), List(), Revoke() };

    private static Command CreateOne()
    {
        var role = new Option<string>("--role") { HelpName = "ROLE", Required = true, Description = "view, submit, operate or host" };
        var name = new Option<string>("--name") { HelpName = "NAME", Description = "name of the token, such as its owner" };
        var expires = new Option<string>("--expires") { HelpName = "TIME", Description = "validity period, such as 90d; default: until revoked" };
        var command = CreateSubcommand("create", "Create a token and print it; it is shown only once.", async (parsed, source, json, cancellation) =>
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
            command.Options.Add(option);
        return command;
    }

    private static Command List() => CreateSubcommand("list", "List the tokens, without their secrets.", async (_, source, json, cancellation) =>
    {
        var tokens = await source.ListAsync(cancellation);
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(tokens, ContractsJson.Indented.IReadOnlyListTokenView));
        else if (tokens.Count == 0)
            Console.Error.WriteLine("There is only the operator's own token. Create another with: dbatch token create --role submit");
        else
            Console.Out.Write(Table(tokens));
        return ExitCode.Done;
    });

    private static Command Revoke()
    {
        var token = new Argument<string>("TOKEN") { Description = "id or name of the token" };
        var command = CreateSubcommand("revoke", "Revoke a token by id or name, at once.", async (parsed, source, json, cancellation) =>
        {
            var revoked = await source.RevokeAsync(parsed.GetValue(token)!, cancellation);
            if (json)
                Console.Out.WriteLine(JsonSerializer.Serialize(revoked, ContractsJson.Indented.TokenView));
            else if (revoked.Role == TokenRole.Host)
                Console.Out.WriteLine($"Token '{revoked.Name}' is revoked. The host still has its broker user; remove it on the broker's machine: dbatch broker revoke HOST | sh");
            else
                Console.Out.WriteLine($"Token '{revoked.Name}' is revoked.");
            return ExitCode.Done;
        });
        command.Arguments.Add(token);
        return command;
    }

    private static TextTable Table(IReadOnlyList<TokenView> tokens)
    {
        var table = new TextTable("ID", "NAME", "ROLE", "CREATED", "EXPIRES");
        foreach (var token in tokens)
            table.Add(token.Id, token.Name, token.Role.ToText(), Day(token.CreatedAt), token.ExpiresAt is { } end ? Day(end) : "never");
        return table;

        static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture);
    }

    private static Command CreateSubcommand(string name, string description, Func<ParseResult, ITokenSource, bool, CancellationToken, Task<int>> execute)
    {
        var server = new Option<string>("--server") { HelpName = "URL", Description = "the server [DBATCH_SERVER]" };
        var token = new Option<string>("--token") { HelpName = "TOKEN", Description = "operator token [DBATCH_TOKEN, DBATCH_TOKEN_FILE]" };
        var authority = ServerAddress.AuthorityOption();
        var data = new Option<string>("--data") { HelpName = "DIR", Description = "use the tokens of this data directory; its server may run or not" };
        var json = new Option<bool>("--json") { Description = "print JSON" };
        var command = new Command(name, description) { server, token, authority, data, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var mistakes = new List<string>();
            var address = parsed.GetValue(data) is null ? ServerAddress.Find(parsed.GetValue(server), parsed.GetValue(token), parsed.GetValue(authority), mistakes) : null;
            if (address is null && parsed.GetValue(data) is null && mistakes.Count == 0)
                mistakes.Add("No server is given: use --server http://head:8080, or set DBATCH_SERVER, or give its data directory with --data DIR.");
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            try
            {
                using ITokenSource source = address is null ? new LocalTokens(parsed.GetValue(data)!) : new HttpTokens(address);
                return await execute(parsed, source, parsed.GetValue(json), cancellation);
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
        return command;
    }
}
