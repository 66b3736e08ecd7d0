using DistributedBatch.Cli.Checks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Tests.Checks;

public sealed class ForeignPlaceholderTests
{
    [Theory]
    [InlineData("python3", "job.py", "{}", "{}.out")]
    [InlineData("convert", "in/{/.}.png")]
    [InlineData("./job", "{#}")]
    public void Braces_of_other_tools_are_reported(params string[] command)
    {
        Assert.Contains("Write {item} for the item", Mistake(command, new ItemDataset(["a"])), StringComparison.Ordinal);
        Assert.Contains("Write {start} and {count} for the numbers of the chunk", Mistake(command, new RangeDataset(3)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("python3", "job.py", "--options", "{}")]
    [InlineData("python3", "job.py", "{item}", "{}")]
    [InlineData("python3", "job.py", "--options={}")]
    [InlineData("python3", "-c", "d = {}; print(d)")]
    [InlineData("find", ".", "-exec", "echo", "{}", ";")]
    [InlineData("sh", "-c", "f() {}")]
    [InlineData("python3", "job.py", "{{}")]
    [InlineData("python3", "job.py", "{\"a\": {}}")]
    public void Braces_that_mean_something_else_are_not_reported(params string[] command) => Assert.Null(Mistake(command, new ItemDataset(["a"])));

    [Fact]
    public void A_command_that_reads_its_numbers_from_its_input_may_have_braces() =>
        Assert.Null(ForeignPlaceholder.Mistake(new JobSpec { Command = ["job", "{}"], Stdin = "{start},{count}" }, new RangeDataset(3)));

    private static string? Mistake(string[] command, Dataset dataset) => ForeignPlaceholder.Mistake(new JobSpec { Command = command }, dataset);
}
