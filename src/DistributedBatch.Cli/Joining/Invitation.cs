using System.Text;
using System.Text.Json;
using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Joining;

/// <summary>
/// All that a machine needs to join a lab, as one word that can be pasted: made on the head by <c>dbatch consumer invite</c>, taken by <c>dbatch consumer install</c>.
/// It holds secrets in plain text; whoever has it can join.
/// </summary>
internal sealed record Invitation
{
    private const string Mark = "dbatch1.";

    /// <summary>The broker, with user and password.</summary>
    public required string Broker { get; init; }

    /// <summary>The server that receives outputs and logs; null keeps them on the host.</summary>
    public string? Server { get; init; }

    /// <summary>The host token for the server.</summary>
    public string? Token { get; init; }

    /// <summary>Name of the host in the lab; null takes the machine's own.</summary>
    public string? HostName { get; init; }

    /// <summary>The authorities to trust for TLS, as PEM; null trusts the system's.</summary>
    public string? Authority { get; init; }

    /// <summary>The keys whose chunks may run, as PEM; null asks the server.</summary>
    public string? Trust { get; init; }

    /// <summary>Reads the word; null when it is none, or was cut off.</summary>
    public static Invitation? Read(string text)
    {
        var word = string.Concat(text.Where(letter => !char.IsWhiteSpace(letter)));
        if (!word.StartsWith(Mark, StringComparison.Ordinal))
            return null;
        try
        {
            return JsonSerializer.Deserialize(Convert.FromBase64String(word[Mark.Length..]), CliJson.Default.Invitation);
        }
        catch (Exception failure) when (failure is FormatException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The word.</summary>
    public string Write() => Mark + Convert.ToBase64String(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, CliJson.Compact.Invitation)));
}
