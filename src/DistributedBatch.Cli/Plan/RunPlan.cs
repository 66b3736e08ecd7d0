using DistributedBatch.Contracts.Jobs;

namespace DistributedBatch.Cli.Plan;

/// <summary>The chunks and commands of a run, before it starts. Chunks are computed one by one, so a plan of a million chunks takes no memory.</summary>
/// <param name="spec">The run.</param>
internal sealed class RunPlan(RunSpec spec)
{
    /// <summary>Items to process.</summary>
    public long Items => spec.Dataset.Total - spec.Dataset.First;

    /// <summary>The number of chunks; null when <c>--chunk auto</c> sizes them later.</summary>
    public long? Chunks => spec.ChunkSize is { } size ? (Items + size - 1) / size : null;

    /// <summary>Chunk <paramref name="index"/>; with <c>--chunk auto</c> a chunk of one item.</summary>
    public ChunkRange Chunk(long index)
    {
        var size = spec.ChunkSize ?? 1;
        var start = spec.Dataset.First + (index * size);
        return new ChunkRange(checked((int)index), start, Math.Min(size, spec.Dataset.Total - start));
    }

    /// <summary>The command of a chunk's first attempt. Values that only the host knows stay placeholders.</summary>
    public IReadOnlyList<string> CommandOf(ChunkRange chunk) => [.. spec.Job.Command.Select(word => Fill(word, chunk))];

    /// <summary>The standard input of a chunk's first attempt; null when it is empty.</summary>
    public string? StdinOf(ChunkRange chunk) => spec.Job.Stdin is { } stdin ? Fill(stdin, chunk) : null;

    private string Fill(string text, ChunkRange chunk) => Template.Parse(text).Fill(name => name switch
    {
        "start" => $"{chunk.Start}",
        "count" => $"{chunk.Count}",
        "end" => $"{chunk.End}",
        "index" => $"{chunk.Index}",
        "total" => $"{spec.Dataset.Total}",
        "attempt" => "1",
        "slot" or "gpu" or "out" or "items" => $"{{{name}}}",
        "item" => string.Join(',', spec.Dataset.ItemAt(chunk.Start)),
        _ => spec.Dataset.ItemAt(chunk.Start)[spec.Dataset.Columns.ToList().IndexOf(name)],
    });
}
