using System.Text.Json.Serialization;

namespace DistributedBatch.Tracker.Access;

/// <summary>Source-generated JSON of the token file.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<StoredToken>))]
internal sealed partial class TokenJson : JsonSerializerContext;
