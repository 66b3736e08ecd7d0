using System.Text.Json.Serialization;

namespace DistributedBatch.Tracker.Api;

/// <summary>Source-generated JSON of the bodies that only the API uses.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SubmittedRun))]
[JsonSerializable(typeof(IReadOnlyList<LogEntry>))]
[JsonSerializable(typeof(Health))]
internal sealed partial class TrackerJson : JsonSerializerContext;
