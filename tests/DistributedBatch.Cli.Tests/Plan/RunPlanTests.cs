using DistributedBatch.Cli.Plan;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Tests.Plan;

public sealed class RunPlanTests
{
    [Fact]
    public void The_articles_example_gives_the_articles_chunks()
    {
        var plan = Plan(new RangeDataset(10_000), 3000, "{start},{count}");

        Assert.Equal(4, plan.Chunks);
        Assert.Equal(["0,3000", "3000,3000", "6000,3000", "9000,1000"], Enumerable.Range(0, 4).Select(index => plan.StdinOf(plan.Chunk(index))));
    }

    [Fact]
    public void A_chunk_starts_at_the_first_index()
    {
        var plan = Plan(new RangeDataset(10, 7), 2, "{start}-{end}");

        Assert.Equal(["7-9", "9-10"], Enumerable.Range(0, (int)plan.Chunks!.Value).Select(index => plan.StdinOf(plan.Chunk(index))));
    }

    [Fact]
    public void Columns_are_filled_from_the_row()
    {
        var plan = Plan(new SweepDataset([new("lr", ["0.1", "0.2"]), new("seed", ["1", "2"])]), 1, "{lr}/{seed}");

        Assert.Equal("0.2/1", plan.StdinOf(plan.Chunk(2)));
    }

    private static RunPlan Plan(Dataset dataset, long chunk, string stdin) =>
        new(new RunSpec { Name = "run", Dataset = dataset, ChunkSize = chunk, Job = new JobSpec { Command = ["true"], Stdin = stdin } });
}
