namespace DistributedBatch.Cli.Doctor;

/// <summary>One thing <c>dbatch doctor</c> looked at.</summary>
/// <param name="About">What it is.</param>
/// <param name="Health">How it is: <c>good</c>, <c>note</c> or <c>bad</c>.</param>
/// <param name="Found">What was found.</param>
/// <param name="Remedy">What to do about it; null when there is nothing to do.</param>
internal sealed record Finding(string About, string Health, string Found, string? Remedy = null);
