using System.Text.Json.Serialization;

namespace DistributedBatch.Cli.Summary;

/// <summary>A chunk in the summary.</summary>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Seconds">Duration of the attempt in seconds.</param>
/// <param name="Outcome">How the attempt ended, such as <c>exit code 3</c>.</param>
/// <param name="Message">Why it failed; null on success, and when the outcome says all.</param>
/// <param name="Logs">The command that shows its logs.</param>
internal sealed record SummaryChunk(
    int Index,
    int Attempt,
    double Seconds,
    [property: JsonPropertyName("ending")] string Outcome,
    [property: JsonPropertyName("said")] string? Message,
    string Logs);
