namespace DistributedBatch.Specs.Chaos;

/// <summary>An attempt as its own program recorded it.</summary>
/// <param name="Run">Its run.</param>
/// <param name="Index">Its chunk.</param>
/// <param name="Attempt">Its number.</param>
/// <param name="Host">Its host.</param>
/// <param name="Slot">Its slot.</param>
/// <param name="Gpu">Its card; null for none.</param>
/// <param name="StartedAt">When its program started, in seconds of <see cref="Uptime"/>.</param>
/// <param name="EndedAt">When its program was done; null when it was ended before.</param>
internal sealed record LoggedAttempt(string Run, int Index, int Attempt, string Host, int Slot, string? Gpu, double StartedAt, double? EndedAt)
{
    /// <summary>What its program writes as result, output and log.</summary>
    public string Signature => $"{Attempt}@{Host}";
}
