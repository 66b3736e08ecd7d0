using System.Text.Json;
using DistributedBatch.Cli.Summary;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Tests.Summary;

public sealed class SummaryPrinterTests
{
    private static readonly RunSummary Summary = new()
    {
        Run = RunId.Parse("0123456789"),
        Name = "mine",
        State = RunState.Failed,
        Items = 100,
        ItemsSucceeded = 90,
        Chunks = new ChunkCounts(10, 0, 0, 0, 9, 1, 0),
        WallSeconds = 20,
        AttemptSeconds = 76,
        ItemsPerSecond = 4.5,
        Slots = 4,
        SlotsReason = "4 cores",
        Slowest = [new SummaryChunk(7, 1, 9.5, "succeeded", null, "dbatch logs 0123456789 7")],
        Failed = [new SummaryChunk(3, 3, 1, "exit code 2", "ValueError: no", "dbatch logs 0123456789 3")],
        Resume = "dbatch retry 0123456789",
    };

    [Fact]
    public void The_summary_has_the_result_the_speed_the_failures_and_the_next_command() => Assert.Equal(
        [
            "Run mine (0123456789) failed: 9 of 10 chunks succeeded, 1 failed.",
            "  20 s, 4.50 items/s, 3.8 x as fast as one slot",
            "  4 slots: 4 cores",
            "  slowest: chunk 7 (9.5 s)",
            "  failed: chunk 3 after 3 attempts, exit code 2: ValueError: no",
            "          dbatch logs 0123456789 3",
            "  to resume: dbatch retry 0123456789",
        ],
        SummaryPrinter.Lines(Summary));

    [Fact]
    public void The_JSON_names_are_stable()
    {
        var json = JsonSerializer.SerializeToElement(Summary, RunSummaryContext.Default.RunSummary);

        Assert.Equal(
            [
                "run", "name", "state", "items", "itemsSucceeded", "chunks", "wallSeconds", "attemptSeconds", "speedup", "itemsPerSecond", "slots",
                "slotsReason", "warnings", "slowest", "failed", "resume",
            ],
            json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(3.8, json.GetProperty("speedup").GetDouble(), 3);
        Assert.Equal("failed", json.GetProperty("state").GetString());
    }
}
