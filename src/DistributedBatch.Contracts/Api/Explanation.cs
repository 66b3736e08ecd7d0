namespace DistributedBatch.Contracts.Api;

/// <summary>The answer of <c>dbatch explain</c>: why a run or chunk stands where it stands, and what can be done.</summary>
/// <param name="Verdict">One sentence.</param>
/// <param name="Reasons">What speaks for it, most important first.</param>
/// <param name="Remedies">Commands or changes that would help; empty when nothing needs help.</param>
public sealed record Explanation(string Verdict, IReadOnlyList<string> Reasons, IReadOnlyList<string> Remedies);
