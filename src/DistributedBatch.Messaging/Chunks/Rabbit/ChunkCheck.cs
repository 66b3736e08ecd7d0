namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Checks the numbers of a chunk. They become part of commands and of file names, and no producer makes others.</summary>
internal static class ChunkCheck
{
    /// <summary>What is wrong with a chunk, as half a sentence; null when nothing is.</summary>
    public static string? Mistake(RunChunk chunk)
    {
        if (chunk.Index < 0 || chunk.Attempt < 1)
            return $"it has the number {chunk.Index} and the attempt {chunk.Attempt}";
        if (chunk.Start < 0 || chunk.Count < 1 || chunk.Total < 1 || chunk.Start > chunk.Total - chunk.Count)
            return $"its range of {chunk.Count} items from item {chunk.Start} is outside of the {chunk.Total} items of the run";
        if (chunk.Items is { } items && items.Count != chunk.Count)
            return $"it carries {items.Count} items and its range has {chunk.Count}";
        return chunk.Items?.Any(values => values is null || values.Any(value => value is null) || values.Count != (chunk.Columns?.Count ?? 1)) == true
            ? "an item in it lacks a value"
            : null;
    }
}
