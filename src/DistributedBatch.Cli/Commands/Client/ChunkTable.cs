using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary>A table of chunks: items, state, attempts, resources, and the last attempt.</summary>
internal static class ChunkTable
{
    private const int MessageWidth = 100;

    /// <summary>The table of <paramref name="chunks"/>.</summary>
    public static TextTable Of(IReadOnlyList<ChunkView> chunks)
    {
        var table = new TextTable(">CHUNK", "ITEMS", "STATE", ">ATTEMPTS", ">TIME", ">CPU", ">MEMORY", ">READ", ">WRITTEN", "LAST ATTEMPT");
        foreach (var chunk in chunks)
        {
            var attempt = chunk.LastAttempt;
            var message = attempt is null ? "" : HumanText.FailureMessage(attempt, MessageWidth);
            table.Add(
                $"{chunk.Index}",
                chunk.Count == 1 ? $"{chunk.Start}" : $"{chunk.Start}-{chunk.Start + chunk.Count - 1}",
                AnsiColor.State(chunk.State),
                $"{chunk.Attempts}",
                IfEnded(attempt, HumanText.Seconds(attempt?.Seconds ?? 0)),
                IfEnded(attempt, HumanText.Seconds(attempt?.CpuSeconds ?? 0)),
                IfEnded(attempt, SizeText.Show(attempt?.PeakMemoryBytes ?? 0)),
                IfEnded(attempt, SizeText.Show(attempt?.ReadBytes ?? 0)),
                IfEnded(attempt, SizeText.Show(attempt?.WrittenBytes ?? 0)),
                attempt is null ? "-" : $"{HumanText.Outcome(attempt)} on {attempt.Host}{(message.Length > 0 ? $": {message}" : "")}");
        }

        return table;
    }

    private static string IfEnded(AttemptView? attempt, string figure) => attempt?.Outcome is null ? "-" : figure;
}
