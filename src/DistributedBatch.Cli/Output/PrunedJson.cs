using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Output;

/// <summary>What <c>dbatch prune --json</c> prints.</summary>
/// <param name="Forgotten">The runs that are gone.</param>
/// <param name="DryRun">Whether they would only have gone.</param>
internal sealed record PrunedJson(IReadOnlyList<RunId> Forgotten, bool DryRun);
