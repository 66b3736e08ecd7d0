namespace DistributedBatch.Cli.Summary;

/// <summary>A chunk the summary points at.</summary>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">The attempt that is meant.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Ending">How it ended, such as <c>exit-code 3</c>.</param>
/// <param name="Said">The last line of its standard error, or what else is known; null on success.</param>
/// <param name="Logs">The command that shows what it wrote.</param>
internal sealed record SummaryChunk(int Index, int Attempt, double Seconds, string Ending, string? Said, string Logs);
