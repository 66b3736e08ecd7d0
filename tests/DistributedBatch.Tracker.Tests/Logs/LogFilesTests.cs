using System.Text;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Tests.Storage;

namespace DistributedBatch.Tracker.Tests.Logs;

public sealed class LogFilesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Logs_of_a_chunk_are_found_in_the_order_of_its_attempts()
    {
        using var directory = new TestDirectory();
        var logs = new LogFiles(directory.Path);
        var run = RunId.New();
        Directory.CreateDirectory(logs.DirectoryOf(run));
        foreach (var name in new[] { "7.1.out", "7.2.err", "7.10.out", "70.1.out", "7.1.err", "7.x.out", "notes.txt" })
            File.WriteAllText(Path.Combine(logs.DirectoryOf(run), name), name);

        Assert.Equal(["7.1.out", "7.1.err", "7.2.err", "7.10.out"], logs.OfChunk(run, 7).Select(log => Path.GetFileName(log.Path)));
        Assert.Equal(5, logs.OfRun(run).Count);
        Assert.Null(logs.Find(run, 8, 1, LogStream.Out));
    }

    [Fact]
    public void A_run_without_logs_has_none() => Assert.Empty(new LogFiles("/nonexistent").OfRun(RunId.New()));

    [Theory]
    [InlineData("plain\ttext\n", "plain\ttext\n")]
    [InlineData("line\r\nline", "line\nline")]
    [InlineData("\u001b[31mred\u001b]0;title\u0007", "␛[31mred␛]0;title␇")]
    [InlineData("\u009b2J and \u202eevil", "\\u009B2J and \\u202Eevil")]
    [InlineData("\u007f\0", "␡␀")]
    public void Control_characters_are_shown_and_not_obeyed(string written, string shown) => Assert.Equal(shown, SafeText.Of(written));

    [Fact(Timeout = 30_000)]
    public async Task A_range_ends_where_the_file_ends()
    {
        using var directory = new TestDirectory();
        var path = directory.File("0.1.out");
        await File.WriteAllTextAsync(path, "0123456789", Cancellation);

        Assert.Equal("345", Encoding.UTF8.GetString(await LogTail.RangeAsync(path, 3, 3, Cancellation)));
        Assert.Equal("89", Encoding.UTF8.GetString(await LogTail.RangeAsync(path, 8, 100, Cancellation)));
        Assert.Empty(await LogTail.RangeAsync(path, 50, 10, Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task Following_gives_what_is_added_until_the_attempt_is_over()
    {
        using var directory = new TestDirectory();
        var path = directory.File("0.1.out");
        var looks = 0;
        async Task<bool> Over(CancellationToken cancellation)
        {
            await File.AppendAllTextAsync(path, $"line {++looks}\n", cancellation);
            return looks == 3;
        }

        var text = new StringBuilder();
        await foreach (var piece in LogTail.FollowAsync(path, 0, Over, TimeProvider.System, Cancellation))
            text.Append(Encoding.UTF8.GetString(piece));

        Assert.Equal("line 1\nline 2\nline 3\n", text.ToString());
    }
}
