namespace DistributedBatch.Consumer.Launcher;

/// <summary>
/// The protocol between consumer and launcher, over the launcher's standard input and output. A frame has its length (4 bytes), kind (1 byte) and
/// body; numbers are little-endian. Both ends are the same program, so the version only detects an executable that was replaced while it ran.
/// </summary>
internal static class LauncherProtocol
{
    /// <summary>Version in the launcher's first frame. Raise it with every change of a frame.</summary>
    public const int Version = 3;

    /// <summary>Bytes of length and kind.</summary>
    public const int HeaderBytes = 5;

    /// <summary>The longest valid frame, in bytes. The kernel takes at most 2 MiB of arguments and environment; the rest is standard input.</summary>
    public const int MaxFrame = 64 << 20;

    /// <summary>
    /// To the launcher: id (4), argument count (4), variable count (4), stdin length (4), memory limit in bytes (8; 0 for no limit), then C strings:
    /// program, directory, stdout, stderr, arguments, variables; then stdin.
    /// </summary>
    public const byte Start = 1;

    /// <summary>To the launcher: id (4), signal (4). The signal goes to the process group.</summary>
    public const byte Signal = 2;

    /// <summary>To the launcher, without a body: the consumer lives although the input ends, so its control group must stay.</summary>
    public const byte Detach = 3;

    /// <summary>From the launcher, its first frame: version (4), process id (4).</summary>
    public const byte Hello = 16;

    /// <summary>From the launcher: id (4), exit code (4), signal (4), wall and CPU µs, peak, read and written bytes (8 each), flags (1).</summary>
    public const byte Exited = 17;

    /// <summary>Flag: stragglers were killed.</summary>
    public const byte StragglersFlag = 1;

    /// <summary>Flag: the kernel counts out-of-memory kills in the attempt's control group.</summary>
    public const byte OomCountedFlag = 2;

    /// <summary>Flag: there was an out-of-memory kill.</summary>
    public const byte OutOfMemoryFlag = 4;

    /// <summary>From the launcher: id (4), error number (4). Nothing was started. The number is negative when the control group was the reason.</summary>
    public const byte NotStarted = 18;

    /// <summary>From the launcher, for a program that has run for a while: id (4), process id (4).</summary>
    public const byte Started = 19;
}
