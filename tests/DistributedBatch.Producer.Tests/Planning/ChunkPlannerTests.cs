using CsCheck;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Producer.Planning;

namespace DistributedBatch.Producer.Tests.Planning;

public sealed class ChunkPlannerTests
{
    [Fact]
    public void The_articles_range_is_cut_into_3000_3000_3000_and_the_remainder()
    {
        var chunks = CutAll(new ChunkPlanner(0, 10_000, 3_000));

        Assert.Equal([new(0, 0, 3_000), new(1, 3_000, 3_000), new(2, 6_000, 3_000), new(3, 9_000, 1_000)], chunks);
    }

    [Fact]
    public void Cutting_starts_at_the_first_item() => Assert.Equal(new ChunkRange(0, 7, 2), CutAll(new ChunkPlanner(7, 20, 2))[0]);

    [Fact]
    public void An_empty_range_has_no_chunks() => Assert.Empty(CutAll(new ChunkPlanner(5, 5, 1)));

    [Fact]
    public void The_number_of_chunks_is_known_before_they_are_cut() => Assert.Equal(4, new ChunkPlanner(0, 10_000, 3_000).Uncut);

    [Fact]
    public void A_chunk_that_leaves_a_gap_cannot_be_taken_over() =>
        Assert.Throws<InvalidOperationException>(() => new ChunkPlanner(0, 10, 1).Continue(new ChunkRange(0, 1, 1)));

    [Fact]
    public void Chunks_of_any_size_tile_the_dataset_exactly() =>
        Gen.Select(Gen.Long[0, 100], Gen.Long[0, 5_000], Gen.Long[0, 700], Gen.Double[0.0001, 20]).Sample((first, length, size, pace) =>
        {
            var cursor = first;
            foreach (var chunk in CutAll(new ChunkPlanner(first, first + length, size == 0 ? null : size), pace))
            {
                Assert.Equal(cursor, chunk.Start);
                Assert.True(chunk.Count > 0);
                cursor = chunk.End;
            }

            Assert.Equal(first + length, cursor);
        });

    private static List<ChunkRange> CutAll(ChunkPlanner planner, double? pace = null)
    {
        var chunks = new List<ChunkRange>();
        while (planner.Cut(4, pace) is { } chunk)
            chunks.Add(chunk);
        Assert.Equal(0, planner.Uncut);
        return chunks;
    }
}
