using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistributedBatch.Cli.Install;

/// <summary>
/// Everything a machine needs to join a lab, as one word to paste. <c>dbatch consumer invite</c> on the head prints it, <c>dbatch consumer install</c> reads
/// it. It contains secrets in plain text: everyone who has it can join.
/// </summary>
internal sealed record Invitation
{
    private const string Prefix = "dbatch1.";

    /// <summary>The broker, with user and password.</summary>
    public required string Broker { get; init; }

    /// <summary>The server that receives outputs and logs; null keeps them on the host.</summary>
    public string? Server { get; init; }

    /// <summary>The host token for the server.</summary>
    public string? Token { get; init; }

    /// <summary>Name of the host in the lab; null takes the machine's own.</summary>
    public string? HostName { get; init; }

    /// <summary>The certificate authorities to trust, as PEM; null trusts the system's.</summary>
    public string? Authority { get; init; }

    /// <summary>The producers' public keys to trust, as PEM; null asks the server.</summary>
    public string? Trust { get; init; }

    /// <summary>Decodes an invitation; null when the text is not one, or not all of it.</summary>
    public static Invitation? Decode(string text)
    {
        var word = string.Concat(text.Where(character => !char.IsWhiteSpace(character)));
        if (!word.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        try
        {
            return JsonSerializer.Deserialize(Convert.FromBase64String(word[Prefix.Length..]), InvitationContext.Default.Invitation);
        }
        catch (Exception failure) when (failure is FormatException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The invitation as one word.</summary>
    public string Encode() => Prefix + Convert.ToBase64String(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, InvitationContext.Default.Invitation)));
}

/// <summary>Source-generated JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Invitation))]
internal sealed partial class InvitationContext : JsonSerializerContext;
