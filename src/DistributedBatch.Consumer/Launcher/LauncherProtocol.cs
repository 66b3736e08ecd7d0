namespace DistributedBatch.Consumer.Launcher;

/// <summary>
/// What the consumer and its launcher say to each other over the launcher's standard input and output. Every frame is its length (4 bytes), its kind
/// (1 byte) and its body, all little-endian. Both ends are the same program, so the version only guards against an executable replaced while it ran.
/// </summary>
internal static class LauncherProtocol
{
    /// <summary>Sent in the launcher's first frame; raise it with every change of a frame.</summary>
    public const int Version = 3;

    /// <summary>Length and kind.</summary>
    public const int HeaderBytes = 5;

    /// <summary>Longer frames can only be a mistake: the kernel takes 2 MiB of arguments and environment at most, the rest is standard input.</summary>
    public const int LargestFrame = 64 << 20;

    /// <summary>To the launcher: id (4), argument count (4), variable count (4), stdin length (4), bytes of memory its group may hold (8; 0 for no limit), then C strings: program, directory, stdout, stderr, arguments, variables; then stdin.</summary>
    public const byte Start = 1;

    /// <summary>To the launcher: id (4), signal (4), for the whole group.</summary>
    public const byte Signal = 2;

    /// <summary>To the launcher, without a body: the consumer goes on, or tidies up by itself; the end of the input that follows is no death.</summary>
    public const byte Leave = 3;

    /// <summary>From the launcher, first: version (4), its process id (4).</summary>
    public const byte Hello = 16;

    /// <summary>From the launcher: id (4), exit code (4), signal (4), wall, processor microseconds, peak, read and written bytes (8 each), marks (1).</summary>
    public const byte Exited = 17;

    /// <summary>Mark: stragglers were found.</summary>
    public const byte StragglersMark = 1;

    /// <summary>Mark: the kernel counts in the attempt's group how often it killed for want of memory.</summary>
    public const byte MemoryWatchedMark = 2;

    /// <summary>Mark: and it did.</summary>
    public const byte OutOfMemoryMark = 4;

    /// <summary>From the launcher: id (4), error number (4): nothing was started. Negative where the attempt's control group was the reason.</summary>
    public const byte Refused = 18;

    /// <summary>From the launcher, for attempts that run on: id (4), process id (4).</summary>
    public const byte Started = 19;
}
