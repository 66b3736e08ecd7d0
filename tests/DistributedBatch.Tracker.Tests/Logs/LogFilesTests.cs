using System.Text;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.TestKit.Files;
using DistributedBatch.Tracker.Logs;

namespace DistributedBatch.Tracker.Tests.Logs;

public sealed class LogFilesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Logs_of_a_chunk_are_found_in_the_order_of_its_attempts()
    {
        using var directory = new TempDirectory();
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
        using var directory = new TempDirectory();
        var path = directory["0.1.out"];
        await File.WriteAllTextAsync(path, "0123456789", Cancellation);

        Assert.Equal("345", Encoding.UTF8.GetString(await LogTail.RangeAsync(path, 3, 3, Cancellation)));
        Assert.Equal("89", Encoding.UTF8.GetString(await LogTail.RangeAsync(path, 8, 100, Cancellation)));
        Assert.Empty(await LogTail.RangeAsync(path, 50, 10, Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task Following_waits_for_the_log_of_a_report_and_ends_with_the_attempt()
    {
        using var directory = new TempDirectory();
        var logs = new LogFiles(directory.Path);
        var run = RunId.New();
        var content = Encoding.UTF8.GetBytes(new string('x', 40_000) + "\nlast line\n");
        var polls = 0;

        // A report writes the log first and then the end of the attempt, as the projector does.
        Task<bool> HasEnded(CancellationToken cancellation)
        {
            if (++polls < 3)
                return Task.FromResult(false);
            logs.Write(run, 0, 1, LogStream.Out, content);
            return Task.FromResult(true);
        }

        var followed = new List<byte>();
        await foreach (var piece in LogTail.FollowAsync(logs.PathOf(run, 0, 1, LogStream.Out), 0, HasEnded, TimeProvider.System, Cancellation))
            followed.AddRange(piece);

        Assert.Equal(content, followed);
        Assert.Equal(3, polls);
    }

    [Fact(Timeout = 30_000)]
    public async Task Following_an_attempt_that_wrote_nothing_ends_without_a_line()
    {
        using var directory = new TempDirectory();
        var path = new LogFiles(directory.Path).PathOf(RunId.New(), 0, 1, LogStream.Err);

        Assert.Empty(await LogTail.FollowAsync(path, 0, _ => Task.FromResult(true), TimeProvider.System, Cancellation).ToListAsync(Cancellation));
    }
}
