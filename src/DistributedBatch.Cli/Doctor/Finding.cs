using System.Text.Json.Serialization;

namespace DistributedBatch.Cli.Doctor;

/// <summary>One result of <c>dbatch doctor</c>.</summary>
/// <param name="About">The subject, such as <c>memory</c>.</param>
/// <param name="Health"><c>good</c>, <c>note</c> or <c>bad</c>.</param>
/// <param name="Found">What the check found.</param>
/// <param name="Remedy">What to do; null for a good finding.</param>
internal sealed record Finding(string About, string Health, string Found, string? Remedy = null);

/// <summary>Source-generated JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
internal sealed partial class FindingContext : JsonSerializerContext;
