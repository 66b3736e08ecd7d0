using System.Runtime.InteropServices;

namespace DistributedBatch.Consumer.Warm;

/// <summary>Signals to process groups, for when the zygote is no longer there to send them.</summary>
internal static partial class GroupSignal
{
    private const int Kill = 9;

    /// <summary>Kills what is left of a group.</summary>
    /// <param name="group">Its number, above 1.</param>
    public static void KillGroup(int group)
    {
        if (group > 1)
            _ = kill(-group, Kill);
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int kill(int process, int signal);
}
