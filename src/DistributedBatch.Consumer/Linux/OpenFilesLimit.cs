using System.Globalization;

namespace DistributedBatch.Consumer.Linux;

/// <summary>
/// The soft limit of open files that this process was started with. The .NET runtime raises its own to the hard limit before any of our code runs, and
/// programs would inherit that.
/// </summary>
internal static class OpenFilesLimit
{
    // What a launcher needs for itself.
    private const ulong Least = 64;

    /// <summary>The limit that programs get; null when it is unknown or unchanged. It is that of our parent, from which we inherited ours.</summary>
    public static ulong? Inherited { get; } = Read();

    /// <summary>Lowers the soft limit of this process, and so that of the programs it starts from now on.</summary>
    public static unsafe void Lower(ulong limit)
    {
        var own = stackalloc ulong[2];
        if (Posix.ProcessLimit(0, Posix.OpenFilesLimit, null, own) != 0 || limit >= own[0])
            return;
        own[0] = Math.Max(limit, Least);
        _ = Posix.ProcessLimit(0, Posix.OpenFilesLimit, own, null);
    }

    private static ulong? Read()
    {
        try
        {
            if (!OperatingSystem.IsLinux() || ProcFs.Stat(Environment.ProcessId) is not [_, var parent, ..])
                return null;

            // Max open files            1024                 1048576              files
            var line = File.ReadLines($"/proc/{parent}/limits").FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
            return line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..]
                && ulong.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                ? limit
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null; // The parent has ended.
        }
    }
}
