using System.Collections.Concurrent;

namespace DistributedBatch.Consumer.Processes;

/// <summary>
/// Chunks that ran when a launcher or a preloaded interpreter died. One of them may have killed it, as a script does with <c>kill -9 $PPID</c>. Each
/// gets a launcher or interpreter of its own the next time, so that a guilty one harms no other and is found.
/// </summary>
public sealed class RunnerSuspects
{
    private readonly ConcurrentDictionary<(string? Run, string? Chunk), byte> suspects = new();

    /// <summary>Whether the chunk of a start is one.</summary>
    public bool Contains(ProgramStart start) => !suspects.IsEmpty && suspects.ContainsKey(KeyOf(start));

    /// <summary>The runner of a start died.</summary>
    public void Add(ProgramStart start) => suspects.TryAdd(KeyOf(start), 0);

    /// <summary>The chunk of a start is no suspect any more.</summary>
    public void Remove(ProgramStart start) => suspects.TryRemove(KeyOf(start), out _);

    private static (string? Run, string? Chunk) KeyOf(ProgramStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        return (start.Environment.GetValueOrDefault("DBATCH_RUN"), start.Environment.GetValueOrDefault("DBATCH_CHUNK"));
    }
}
