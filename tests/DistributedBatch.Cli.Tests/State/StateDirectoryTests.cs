using DistributedBatch.Cli.State;

namespace DistributedBatch.Cli.Tests.State;

public sealed class StateDirectoryTests : IDisposable
{
    private readonly string parent = Directory.CreateTempSubdirectory("dbatch state ").FullName;

    private string State => Path.Combine(parent, ".dbatch");

    public void Dispose() => Directory.Delete(parent, recursive: true);

    [Fact]
    public void The_directory_is_created_and_kept_out_of_git()
    {
        using var state = StateDirectory.Open(State, out var mistake);

        Assert.Null(mistake);
        Assert.Equal("*\n", File.ReadAllText(Path.Combine(State, ".gitignore")));
    }

    [Fact]
    public void Only_one_process_holds_the_directory_and_a_second_one_is_told_which()
    {
        var first = StateDirectory.Open(State, out _);
        using var second = StateDirectory.Open(State, out var mistake);
        first!.Dispose();
        using var third = StateDirectory.Open(State, out _);

        Assert.Null(second);
        Assert.Contains($"(process {Environment.ProcessId})", mistake, StringComparison.Ordinal);
        Assert.NotNull(third);
    }

    [Fact]
    public void A_directory_of_a_newer_version_is_not_opened()
    {
        Directory.CreateDirectory(State);
        File.WriteAllText(Path.Combine(State, "format"), "7");

        Assert.Null(StateDirectory.Open(State, out var mistake));
        Assert.Contains("written by a newer dbatch (format 7", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_reported()
    {
        File.WriteAllText(State, "a file in its place");

        Assert.Null(StateDirectory.Open(State, out var mistake));
        Assert.Contains("cannot be written", mistake, StringComparison.Ordinal);
    }
}
