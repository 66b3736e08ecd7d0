namespace DistributedBatch.Consumer.Processes;

/// <summary>Everything a runner needs to start an attempt's program; every placeholder is filled.</summary>
public sealed record ProgramStart
{
    /// <summary>Program and arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The whole environment of the program.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Absolute path of the working directory.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Bytes for standard input, followed by end of file; may be empty.</summary>
    public ReadOnlyMemory<byte> Stdin { get; init; }

    /// <summary>File for standard output; created, or emptied when it exists.</summary>
    public required string StdoutPath { get; init; }

    /// <summary>File for standard error; created, or emptied when it exists.</summary>
    public required string StderrPath { get; init; }

    /// <summary>Wall time after which the program is stopped, at most <see cref="LongestTimer"/>; null for no limit.</summary>
    public TimeSpan? Timeout { get; init => field = value < LongestTimer ? value : value is null ? null : LongestTimer; }

    /// <summary>Time between SIGTERM and SIGKILL, at most <see cref="LongestTimer"/>. Default 10 s.</summary>
    public TimeSpan Grace { get; init => field = value < LongestTimer ? value : LongestTimer; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time that timers of .NET accept is 49.7 days. A longer one must not fail after the program has started.</summary>
    public static TimeSpan LongestTimer { get; } = TimeSpan.FromDays(49);

    /// <summary>Bytes of memory that its control group may hold; 0 for no limit. Without a control group there is no limit.</summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>Number of the slot that runs it, from 0. A kept interpreter belongs to a slot.</summary>
    public required int Slot { get; init; }

    /// <summary>First item of the chunk, for a kept interpreter, which calls a function.</summary>
    public long Start { get; init; }

    /// <summary>Number of items in the chunk, for a kept interpreter.</summary>
    public long Count { get; init; }

    /// <summary>The items, each with one value per column, or with a single value; null for a range. For a kept interpreter.</summary>
    public IReadOnlyList<IReadOnlyList<string>>? Items { get; init; }

    /// <summary>Column names of <see cref="Items"/>; null unless the items are rows.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Receives the process id of a program that runs for a while; null when that is not needed.</summary>
    public ProgramProcess? Process { get; init; }
}
