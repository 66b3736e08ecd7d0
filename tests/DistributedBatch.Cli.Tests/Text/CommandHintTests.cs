using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Tests.Text;

public sealed class CommandHintTests
{
    private const string Run = "4k2m9xz7q1";

    [Theory]
    [InlineData($"dbatch logs {Run} 3", $"dbatch logs {Run} 3 --state st")]
    [InlineData($"dbatch run --resume {Run}", $"dbatch run --resume {Run} --state st")]
    [InlineData($"'dbatch logs {Run} CHUNK' prints, 'dbatch retry {Run}' runs.", $"'dbatch logs {Run} CHUNK --state st' prints, 'dbatch retry {Run} --state st' runs.")]
    [InlineData($"dbatch logs {Run} shows the output", $"dbatch logs {Run} --state st shows the output")]
    [InlineData("'dbatch list' shows the runs.", "'dbatch list --state st' shows the runs.")]
    [InlineData("start dbatch consumer on another machine", "start dbatch consumer on another machine")]
    public void Every_command_about_a_run_says_where_the_run_is(string text, string complete)
    {
        Assert.Equal(complete, CommandHint.Complete(text, " --state st"));
        Assert.Equal(text, CommandHint.Complete(text, ""));
    }
}
