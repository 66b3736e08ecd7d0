using DistributedBatch.Cli.Checks;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Cli.Tests.Checks;

public sealed class OutputFolderTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void A_new_run_is_refused_where_outputs_of_its_chunks_are()
    {
        directory.Write("res/0/f", "version1");
        directory.Write("res/2/f", "version1");

        Assert.Contains("already has outputs of 2 chunks of another run: 0, 2.", Mistake(3), StringComparison.Ordinal);
        Assert.Contains("of 1 chunk of another run: 0.", Mistake(1), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_files_are_in_nobodys_way_and_a_run_goes_on_with_its_own_outputs()
    {
        directory.Write("res/2023/f", "a year");
        directory.Write("res/00/f", "");
        directory.Write("res/notes.txt", "");

        Assert.Null(Mistake(2000));
        directory.Write("res/0/f", "own");
        Assert.Null(Mistake(0));
    }

    [Fact]
    public void Two_runs_never_write_into_one_directory_at_once()
    {
        using (var first = OutputFolder.Open(directory["res"], 1, out _))
        {
            Assert.NotNull(first);
            Assert.Contains("Another dbatch run writes its outputs to", Mistake(1), StringComparison.Ordinal);
        }

        Assert.Null(Mistake(1));
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_reported() =>
        Assert.Contains("The outputs cannot be written to /proc/res", OutputFolder.Open("/proc/res", 1, out var mistake) is null ? mistake : "", StringComparison.Ordinal);

    [Fact]
    public void A_directory_that_no_chunk_wrote_to_is_removed_unless_it_was_there_before()
    {
        Assert.Null(Mistake(1));
        Assert.False(Directory.Exists(directory["res"]));
        Directory.CreateDirectory(directory["res"]);
        Assert.Null(Mistake(1));
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory["res"]));
    }

    private string? Mistake(long chunks)
    {
        using var folder = OutputFolder.Open(directory["res"], chunks, out var mistake);
        Assert.Equal(mistake is null, folder is not null);
        return mistake;
    }
}
