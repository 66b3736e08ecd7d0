namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>When zygotes are replaced and ended.</summary>
/// <param name="ForksPerZygote">Forks after which a zygote is replaced.</param>
/// <param name="StartLimit">How long a zygote may take to import.</param>
/// <param name="IdleLimit">Time without work after which a zygote is ended.</param>
internal sealed record ZygoteLimits(int ForksPerZygote, TimeSpan StartLimit, TimeSpan IdleLimit);
