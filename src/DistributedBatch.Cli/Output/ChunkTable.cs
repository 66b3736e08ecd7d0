using DistributedBatch.Cli.Options;
using DistributedBatch.Contracts.Api;

namespace DistributedBatch.Cli.Output;

/// <summary>Chunks as a table: which items, how it went, what was said.</summary>
internal static class ChunkTable
{
    private const int WidthOfMessage = 100;

    /// <summary>The table of <paramref name="chunks"/>.</summary>
    public static TextTable Of(IReadOnlyList<ChunkView> chunks)
    {
        var table = new TextTable(">CHUNK", "ITEMS", "STATE", ">ATTEMPTS", ">TIME", ">CPU", ">MEMORY", ">READ", ">WRITTEN", "LAST ATTEMPT");
        foreach (var chunk in chunks)
        {
            var attempt = chunk.LastAttempt;
            var said = attempt is null ? "" : HumanText.Said(attempt.Outcome, attempt.StderrTail, attempt.Error, WidthOfMessage);
            table.Add(
                $"{chunk.Index}",
                chunk.Count == 1 ? $"{chunk.Start}" : $"{chunk.Start}-{chunk.Start + chunk.Count - 1}",
                AnsiColor.State(chunk.State),
                $"{chunk.Attempts}",
                Ended(attempt, HumanText.Seconds(attempt?.Seconds ?? 0)),
                Ended(attempt, HumanText.Seconds(attempt?.CpuSeconds ?? 0)),
                Ended(attempt, SizeText.Show(attempt?.PeakMemoryBytes ?? 0)),
                Ended(attempt, SizeText.Show(attempt?.ReadBytes ?? 0)),
                Ended(attempt, SizeText.Show(attempt?.WrittenBytes ?? 0)),
                attempt is null ? "-" : $"{HumanText.Ending(attempt)} on {attempt.Host}{(said.Length > 0 ? $": {said}" : "")}");
        }

        return table;
    }

    private static string Ended(AttemptView? attempt, string figure) => attempt?.Outcome is null ? "-" : figure;
}
