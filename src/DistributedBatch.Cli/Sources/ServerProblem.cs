namespace DistributedBatch.Cli.Sources;

/// <summary>Problem details (RFC 9457) as the server sends them.</summary>
/// <param name="Detail">One sentence.</param>
/// <param name="Mistakes">Every mistake in the request.</param>
/// <param name="Candidates">Runs that could be meant.</param>
internal sealed record ServerProblem(string? Detail, IReadOnlyList<string>? Mistakes, IReadOnlyList<string>? Candidates)
{
    /// <summary>What to show.</summary>
    public string Sentence => Detail ?? "The server refused and did not say why.";
}
