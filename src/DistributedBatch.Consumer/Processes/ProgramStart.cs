namespace DistributedBatch.Consumer.Processes;

/// <summary>All that is needed to start an attempt's program; every placeholder is filled.</summary>
public sealed record ProgramStart
{
    /// <summary>Program and arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The whole environment of the program, not only the additions.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Absolute path of the working directory.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Bytes for standard input, followed by end of file; empty gives an empty input.</summary>
    public ReadOnlyMemory<byte> Stdin { get; init; }

    /// <summary>File that receives standard output; created, or emptied when it exists.</summary>
    public required string StdoutPath { get; init; }

    /// <summary>File that receives standard error; created, or emptied when it exists.</summary>
    public required string StderrPath { get; init; }

    /// <summary>Wall time after which the program is stopped; null for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Time between SIGTERM and SIGKILL.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of memory that its control group may hold; 0 for no limit, and where it has no group.</summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>The slot that runs it, from 0; a warm runner keeps one interpreter per slot.</summary>
    public required int Slot { get; init; }

    /// <summary>Items of the chunk, for a warm runner that calls a function: first item.</summary>
    public long Start { get; init; }

    /// <summary>Items of the chunk, for a warm runner that calls a function: how many.</summary>
    public long Count { get; init; }

    /// <summary>Values of each item of the chunk, one per column or the item alone; null for a range. For a warm runner that calls a function.</summary>
    public IReadOnlyList<IReadOnlyList<string>>? Items { get; init; }

    /// <summary>Column names of <see cref="Items"/>; null unless the items are rows.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Told the process id of the program when it has run for a while, so that it can be watched; short programs are never told of.</summary>
    public Action<int>? OnLongRunning { get; init; }
}
