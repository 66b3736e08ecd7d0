using System.Text.Json.Serialization;

namespace DistributedBatch.Cli.Sources;

/// <summary>What <c>dbatch submit --json</c> prints.</summary>
/// <param name="Run">Id of the run.</param>
/// <param name="Name">Its name.</param>
/// <param name="Server">Address of the server.</param>
internal sealed record SubmittedJson(RunId Run, string? Name = null, string? Server = null);

/// <summary>Source-generated JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SubmittedJson))]
internal sealed partial class SubmittedJsonContext : JsonSerializerContext;
