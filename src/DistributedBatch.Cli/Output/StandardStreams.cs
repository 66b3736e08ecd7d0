namespace DistributedBatch.Cli.Output;

/// <summary>
/// Standard output and standard error. A failure of standard error is ignored: a run must not end because its progress cannot be shown. A failure of standard output
/// ends the command with a sentence.
/// </summary>
internal static class StandardStreams
{
    /// <summary>Makes <see cref="Console.Out"/> and <see cref="Console.Error"/> behave so.</summary>
    public static void Install()
    {
        Console.SetOut(WriterTo(OpenOutput()));
        Console.SetError(WriterTo(OpenError()));
    }

    /// <summary>Opens standard output for bytes.</summary>
    public static Stream OpenOutput() => new GuardedStream(Console.OpenStandardOutput(), failure => throw new OutputException(failure));

    /// <summary>Opens standard error for bytes.</summary>
    public static Stream OpenError() => new GuardedStream(Console.OpenStandardError(), _ => { });

    private static StreamWriter WriterTo(Stream stream) => new(stream, Console.OutputEncoding) { AutoFlush = true };
}
