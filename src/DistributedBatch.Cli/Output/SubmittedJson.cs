using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Output;

/// <summary>What <c>dbatch submit --json</c> prints.</summary>
/// <param name="Run">Id of the run.</param>
/// <param name="Name">Its name.</param>
/// <param name="Server">Where it was submitted.</param>
internal sealed record SubmittedJson(RunId Run, string? Name = null, string? Server = null);
