namespace DistributedBatch.Consumer.Tests.Warm.Auto;

/// <summary>A script for <c>--warm auto</c>, and how its chunks must be started.</summary>
/// <param name="Text">The script. It gets the number of its chunk as its argument.</param>
/// <param name="Off">A part of the reason for which each chunk gets a process; null when the chunks are forked.</param>
internal sealed record AutoScript(string Text, string? Off = null)
{
    /// <summary>A part of the reason for which imports are left to the chunks; null when none are.</summary>
    public string? Left { get; init; }

    /// <summary>Files beside the script. Those below <c>site-packages</c> are installed packages.</summary>
    public Dictionary<string, string> Files { get; init; } = [];

    /// <summary>Whether chunks differ from one run to the next, so that they are only compared with each other: no two are the same.</summary>
    public bool Draws { get; init; }

    /// <summary>A module that <c>test.sh</c> does not install; without it the script is not run.</summary>
    public string? Needs { get; init; }
}
