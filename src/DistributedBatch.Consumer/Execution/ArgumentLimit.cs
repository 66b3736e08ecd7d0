using System.Text;
using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Execution;

/// <summary>
/// What the kernel lets a program receive as arguments and environment; execve(2). It is checked for warm interpreters too, which have no such limit,
/// so that a chunk does not depend on how it is started.
/// </summary>
internal static class ArgumentLimit
{
    // MAX_ARG_STRLEN of Linux, with the NUL at the end.
    private const int MaxBytes = 128 << 10;

    // Shorter commands fit whatever the environment is.
    private const int AlwaysFits = 64 << 10;

    /// <summary>Why the program cannot be started, in one sentence; null when it can.</summary>
    public static string? Error(ProgramStart start)
    {
        if (!OperatingSystem.IsLinux() || start.Command.Sum(word => word.Length) * 4L < AlwaysFits)
            return null;
        for (var number = 0; number < start.Command.Count; number++)
        {
            if (Encoding.UTF8.GetByteCount(start.Command[number]) is var bytes && bytes >= MaxBytes)
                return $"Argument {number} of the command is {bytes} bytes long, and a program can receive {MaxBytes - 1}; pass long items in a file with {{items}} instead of {{item}}.";
        }

        var total = start.Command.Sum(SizeOf) + start.Environment.Sum(pair => SizeOf(pair.Key) + SizeOf(pair.Value));
        return total > TotalBytes()
            ? $"The command and environment are {total} bytes long, and a program can receive {TotalBytes()}; pass long items in a file with {{items}} instead of {{item}}."
            : null;
    }

    // The bytes, a NUL and a pointer.
    private static long SizeOf(string text) => Encoding.UTF8.GetByteCount(text) + 9L;

    // A quarter of the stack, within the kernel's bounds.
    private static unsafe long TotalBytes()
    {
        var stack = stackalloc ulong[2];
        return Posix.ProcessLimit(0, Posix.StackLimit, null, stack) == 0 ? (long)Math.Clamp(stack[0] / 4, 128 << 10, 6 << 20) : 2 << 20;
    }
}
