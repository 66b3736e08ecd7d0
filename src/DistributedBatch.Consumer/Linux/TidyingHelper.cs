using System.Text;

namespace DistributedBatch.Consumer.Linux;

/// <summary>
/// Recognises helper processes that remove what a program left behind, such as shared memory, and end by themselves when all its processes have ended:
/// the resource trackers of Python and joblib, and PyTorch's manager of shared memory. Killed with the program, they leave everything in
/// <c>/dev/shm</c>.
/// </summary>
internal static class TidyingHelper
{
    /// <summary>How long they may take.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a process may take to become one. Between its fork and its exec it looks like the Python program that started it, and during the exec
    /// it has no command line.
    /// </summary>
    public static TimeSpan Moment { get; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether a process is one.</summary>
    /// <param name="process">The process.</param>
    /// <param name="sinceEnd">How long its program has ended.</param>
    public static bool Is(int process, TimeSpan sinceEnd)
    {
        var command = ProcFs.CommandLine(process);
        return IsCommand(command) || (sinceEnd < Moment && (command.Length == 0 || IsPython(command)));
    }

    /// <summary>Whether a command line, whose words end with a NUL, starts one.</summary>
    public static bool IsCommand(ReadOnlySpan<byte> command)
    {
        var text = Encoding.UTF8.GetString(command);
        return text.Contains("resource_tracker import main", StringComparison.Ordinal)
            || text.Contains("semaphore_tracker import main", StringComparison.Ordinal)
            || FirstWord(command).EndsWith("/torch_shm_manager", StringComparison.Ordinal);
    }

    private static bool IsPython(ReadOnlySpan<byte> command) => Path.GetFileName(FirstWord(command)).StartsWith("python", StringComparison.Ordinal);

    private static string FirstWord(ReadOnlySpan<byte> command) => Encoding.UTF8.GetString(command).Split('\0')[0];
}
