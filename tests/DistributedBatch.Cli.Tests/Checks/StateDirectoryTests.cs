using DistributedBatch.Cli.Checks;

namespace DistributedBatch.Cli.Tests.Checks;

public sealed class StateDirectoryTests : IDisposable
{
    private readonly string parent = Directory.CreateTempSubdirectory("dbatch state ").FullName;

    private string State => Path.Combine(parent, ".dbatch");

    public void Dispose() => Directory.Delete(parent, recursive: true);

    [Fact]
    public void It_is_created_and_kept_out_of_git()
    {
        using var state = StateDirectory.Take(State, out var mistake);

        Assert.Null(mistake);
        Assert.Equal("*\n", File.ReadAllText(Path.Combine(State, ".gitignore")));
    }

    [Fact]
    public void Only_one_holds_it_at_a_time_and_the_second_is_told_who()
    {
        var first = StateDirectory.Take(State, out _);
        using var second = StateDirectory.Take(State, out var mistake);
        first!.Dispose();
        using var third = StateDirectory.Take(State, out _);

        Assert.Null(second);
        Assert.Contains($"(process {Environment.ProcessId})", mistake, StringComparison.Ordinal);
        Assert.NotNull(third);
    }

    [Fact]
    public void One_from_a_newer_version_is_left_alone()
    {
        Directory.CreateDirectory(State);
        File.WriteAllText(Path.Combine(State, "format"), "7");

        Assert.Null(StateDirectory.Take(State, out var mistake));
        Assert.Contains("written by a newer dbatch (format 7", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_cannot_be_written_gets_a_sentence()
    {
        File.WriteAllText(State, "a file in its place");

        Assert.Null(StateDirectory.Take(State, out var mistake));
        Assert.Contains("cannot be written", mistake, StringComparison.Ordinal);
    }
}
