using DistributedBatch.Contracts.Datasets;

namespace DistributedBatch.Contracts.Tests.Datasets;

public sealed class SweepDatasetTests
{
    private readonly SweepDataset sweep = new([new("lr", ["0.1", "0.01"]), new("seed", ["1", "2", "3"])]);

    [Fact]
    public void Every_combination_is_an_item_and_the_last_parameter_changes_fastest()
    {
        var items = Enumerable.Range(0, (int)sweep.Total).Select(index => string.Join(' ', sweep.ItemAt(index)));

        Assert.Equal(["0.1 1", "0.1 2", "0.1 3", "0.01 1", "0.01 2", "0.01 3"], items);
    }

    [Fact]
    public void The_columns_are_the_parameters() => Assert.Equal(["lr", "seed"], sweep.Columns);

    [Fact]
    public void A_sweep_too_large_to_count_is_an_error_and_not_a_wrong_number()
    {
        var values = Enumerable.Range(0, 10_000).Select(value => $"{value}").ToArray();
        var huge = new SweepDataset([.. Enumerable.Range(0, 6).Select(number => new SweepParameter($"p{number}", values))]);

        Assert.Throws<OverflowException>(() => huge.Total);
    }
}
