using System.Text.Json.Serialization;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary>What <c>dbatch hosts forget --json</c> prints.</summary>
/// <param name="Forgotten">The hosts that are no longer in the list.</param>
internal sealed record ForgottenHostsJson(IReadOnlyList<string> Forgotten);

/// <summary>Source-generated JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ForgottenHostsJson))]
internal sealed partial class ForgottenHostsJsonContext : JsonSerializerContext;
