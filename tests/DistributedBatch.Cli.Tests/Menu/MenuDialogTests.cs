using DistributedBatch.Cli.Menu;

namespace DistributedBatch.Cli.Tests.Menu;

public sealed class MenuDialogTests : IDisposable
{
    private readonly StringWriter output = new();

    public void Dispose() => output.Dispose();

    [Fact]
    public void Start_asks_for_first_index_chunk_size_and_workers_and_then_for_total_and_command()
    {
        var answers = Dialog("0", "3000", "32", "10000", "python3 job.py").Start()!;

        Assert.Equal(
            "run --total 10000 --first 0 --chunk 3000 --slots 32 --stdin {start},{count} -- python3 job.py",
            string.Join(' ', answers.Arguments));
        Assert.Equal(
            ["First index", "Chunk size (a number or auto)", "Workers (a number or auto)", "Total number of items", "Command"],
            output.ToString().Split(": ", StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_wrong_answer_is_asked_again_and_nothing_else_is()
    {
        var answers = Dialog("0", "zero", "0", "auto", "4", "-1", "10", "", "unknown", "echo {start}").Start()!;

        Assert.Equal("run --total 10 --first 0 --chunk auto --slots 4 -- echo {start}", string.Join(' ', answers.Arguments));
        Assert.Single(output.ToString().Split('\n'), line => line.StartsWith("First index", StringComparison.Ordinal));
        Assert.Equal(3, output.ToString().Split("Chunk size").Length - 1);
    }

    [Fact]
    public void The_total_must_not_be_below_the_first_index() => Assert.Equal(7, Dialog("7", "1", "1", "6", "7", "true").Start()!.Total);

    [Fact]
    public void The_end_of_the_input_ends_the_dialog()
    {
        Assert.Null(Dialog("0", "3000").Start());
        Assert.Null(Dialog().Choose());
    }

    [Theory]
    [InlineData("1", "start")]
    [InlineData("Quit", "quit")]
    public void A_choice_is_a_number_or_a_word(string answer, string verb) => Assert.Equal(verb, Dialog("9", answer).Choose());

    private MenuDialog Dialog(params string[] answers) => new(
        new StringReader(string.Join('\n', answers)),
        output,
        words => words[0] == "unknown" ? "There is no program 'unknown' on PATH." : null);
}
