using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>
/// A number that all processes of an attempt inherit and that nobody sheds by accident, neither by a session of its own nor by <c>env -i</c>: the soft
/// limit of processor time under real-time scheduling, decades long and different for each attempt. See getrlimit(2), RLIMIT_RTTIME.
/// </summary>
internal static unsafe class AttemptMark
{
    // 35 years in microseconds. Above it, the process id of the launcher, then the number of the attempt.
    private const ulong Base = 1UL << 50;
    private const int NumberBits = 24;

    private static readonly ulong First = Base + ((ulong)Posix.ProcessId() << NumberBits);

    /// <summary>Marks a process and all that it will start.</summary>
    /// <param name="process">The process.</param>
    /// <param name="attempt">Number of the attempt.</param>
    public static void Set(int process, int attempt)
    {
        var limits = stackalloc ulong[] { First + Number(attempt), Posix.Unlimited };
        _ = Posix.ProcessLimit(process, Posix.RealTimeLimit, limits, null);
    }

    /// <summary>Whether a process has the mark of an attempt.</summary>
    public static bool Is(int process, int attempt) => Of(process) == First + Number(attempt);

    /// <summary>The number of the attempt whose mark a process has; null when it has none of this launcher.</summary>
    public static int? NumberOf(int process) =>
        Of(process) is var mark && mark >= First && mark < First + (1UL << NumberBits) ? (int)(mark - First) : null;

    private static ulong Number(int attempt) => (uint)attempt & ((1U << NumberBits) - 1);

    private static ulong Of(int process)
    {
        var limits = stackalloc ulong[2];
        return Posix.ProcessLimit(process, Posix.RealTimeLimit, null, limits) == 0 ? limits[0] : Posix.Unlimited;
    }
}
