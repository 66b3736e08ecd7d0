using System.Text.Json.Serialization;

namespace DistributedBatch.Cli.Plan;

/// <summary>What <c>dbatch run --dry-run --json</c> prints.</summary>
/// <param name="Items">Items to process.</param>
/// <param name="Chunks">Number of chunks; null with <c>--chunk auto</c>.</param>
/// <param name="Slots">Attempts at once; null with <c>--slots auto</c>.</param>
/// <param name="FirstCommand">Command of the first chunk; null when there is none.</param>
/// <param name="FirstStdin">Standard input of the first chunk; null for an empty one.</param>
/// <param name="Spec">The run as it would be submitted, without the items.</param>
internal sealed record PlanJson(
    long Items, long? Chunks, int? Slots, IReadOnlyList<string>? FirstCommand, string? FirstStdin, PlannedRun Spec);

/// <summary>The part of a <see cref="RunSpec"/> a plan shows.</summary>
/// <param name="Name">Name of the run.</param>
/// <param name="First">First item.</param>
/// <param name="Total">Number of items in the dataset.</param>
/// <param name="ChunkSize">Items per chunk.</param>
/// <param name="Retries">Further attempts after the first failed one.</param>
/// <param name="Job">The job.</param>
/// <param name="Before">Command that runs once before the first chunk.</param>
/// <param name="After">Command that runs once after all chunks succeeded.</param>
internal sealed record PlannedRun(
    string Name, long First, long Total, long? ChunkSize, int Retries, JobSpec Job, IReadOnlyList<string> Before, IReadOnlyList<string> After);

/// <summary>Source-generated JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PlanJson))]
internal sealed partial class PlanJsonContext : JsonSerializerContext;
