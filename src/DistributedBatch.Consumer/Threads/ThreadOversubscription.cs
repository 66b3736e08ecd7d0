namespace DistributedBatch.Consumer.Threads;

/// <summary>Decides which attempts crowd the others out.</summary>
internal static class ThreadOversubscription
{
    /// <summary>
    /// The attempts that keep more than twice their share of threads busy, while all attempts together keep more busy than there are cores. On a machine
    /// with room for its threads an attempt may have as many as it likes.
    /// </summary>
    /// <param name="attempts">What runs, with its busy threads.</param>
    /// <param name="share">Cores for each slot.</param>
    /// <param name="cores">Cores of the host.</param>
    public static IReadOnlyList<(T Attempt, int Threads)> Find<T>(IReadOnlyList<(T Attempt, int Threads)> attempts, int share, int cores) =>
        attempts.Sum(attempt => attempt.Threads) <= cores ? [] : [.. attempts.Where(attempt => attempt.Threads > 2 * share)];
}
