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

    /// <summary>Whether a process is one.</summary>
    public static bool Is(int process) => ProcFs.CommandLine(process) is { Length: > 0 } command && IsCommand(command);

    /// <summary>Whether a command line, whose words end with a NUL, starts one.</summary>
    public static bool IsCommand(ReadOnlySpan<byte> command)
    {
        var text = Encoding.UTF8.GetString(command);
        return text.Contains("resource_tracker import main", StringComparison.Ordinal)
            || text.Contains("semaphore_tracker import main", StringComparison.Ordinal)
            || text.Split('\0')[0].EndsWith("/torch_shm_manager", StringComparison.Ordinal);
    }
}
