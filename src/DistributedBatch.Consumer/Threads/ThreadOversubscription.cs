namespace DistributedBatch.Consumer.Threads;

/// <summary>Finds attempts that run far more threads than their share of the cores.</summary>
internal static class ThreadOversubscription
{
    /// <summary>
    /// The attempts that keep more than twice their share of threads busy, provided that all attempts together keep more threads busy than there are
    /// cores. As long as the cores are enough for all threads, no attempt has too many.
    /// </summary>
    /// <param name="attempts">The running attempts, each with the number of its busy threads.</param>
    /// <param name="share">Threads for each slot.</param>
    /// <param name="cores">Cores of the host.</param>
    public static IReadOnlyList<(T Attempt, int Threads)> Find<T>(IReadOnlyList<(T Attempt, int Threads)> attempts, int share, int cores) =>
        attempts.Sum(attempt => attempt.Threads) <= cores ? [] : [.. attempts.Where(attempt => attempt.Threads > 2 * share)];
}
