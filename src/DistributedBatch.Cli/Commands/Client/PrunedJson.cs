using System.Text.Json.Serialization;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary>What <c>dbatch prune --json</c> prints.</summary>
/// <param name="Forgotten">The deleted runs.</param>
/// <param name="DryRun">Whether nothing was deleted.</param>
internal sealed record PrunedJson(IReadOnlyList<RunId> Forgotten, bool DryRun);

/// <summary>Source-generated JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PrunedJson))]
internal sealed partial class PrunedJsonContext : JsonSerializerContext;
