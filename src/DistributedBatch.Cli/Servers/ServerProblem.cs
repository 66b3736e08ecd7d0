using System.Text.Json.Serialization;

namespace DistributedBatch.Cli.Servers;

/// <summary>Problem details (RFC 9457) as the server sends them.</summary>
/// <param name="Detail">One sentence.</param>
/// <param name="Mistakes">Every mistake in the request.</param>
/// <param name="Candidates">Runs that match an ambiguous name.</param>
internal sealed record ServerProblem(string? Detail, IReadOnlyList<string>? Mistakes, IReadOnlyList<string>? Candidates)
{
    /// <summary>The message for the user.</summary>
    public string Sentence => Detail ?? "The server refused the request without a reason.";
}

/// <summary>Source-generated JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServerProblem))]
internal sealed partial class ServerProblemContext : JsonSerializerContext;
