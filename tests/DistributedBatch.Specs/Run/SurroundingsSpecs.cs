using System.Text.RegularExpressions;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Run;

/// <summary>What surrounds a command may be broken: its streams, its directory, the state it reads. Each is told in a sentence, and no finished work is lost by it.</summary>
public sealed partial class SurroundingsSpecs : IDisposable
{
    private readonly OneBox box = new();

    public void Dispose() => box.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Nobody_else_reads_the_state_whatever_the_umask_and_whoever_made_the_directory()
    {
        using var box = new OneBox();

        var ended = await box.ShellAsync("umask 0; mkdir .dbatch; $DBATCH run --total 1 --warm off -- true && $DBATCH run --total 1 --warm off --state new -- true && $DBATCH key init signing.key");

        Assert.True(ended.ExitCode == 0, ended.ToString());
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (var state in new[] { ".dbatch", "new" })
        {
            Assert.Equal(owner | UnixFileMode.UserExecute, File.GetUnixFileMode(box[state]));
            foreach (var file in Directory.EnumerateFiles(box[state], "*.db*"))
                Assert.Equal((file, owner), (file, File.GetUnixFileMode(file)));
        }

        Assert.Equal(owner, File.GetUnixFileMode(box["signing.key"]));
        Assert.Equal(owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(box["signing.key.pub"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_run_whose_progress_cannot_be_shown_succeeds()
    {
        var ended = await box.ShellAsync("$DBATCH run --slots 1 --total 2 -- sh -c 'echo ran >> ran.txt' 2>/dev/full");

        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(2, box.Lines("ran.txt").Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Output_that_cannot_be_written_ends_a_command_with_a_sentence()
    {
        Assert.Equal(0, (await box.DbatchAsync("run", "--slots", "1", "--total", "1", "--", "true")).ExitCode);
        foreach (var command in new[] { "show", "list", "logs last", "explain", "results --json", "run --dry-run --total 1 -- true" })
        {
            var ended = await box.ShellAsync($"$DBATCH {command} >/dev/full");
            Assert.True(ended.ExitCode == 1 || (command == "logs last" && ended.ExitCode == 0), $"{command}: {ended.ExitCode} {ended.Err}");
            Assert.DoesNotContain("Unhandled", ended.Err, StringComparison.Ordinal);
        }

        Assert.Equal("dbatch: Cannot write to standard output: No space left on device.\n", (await box.ShellAsync("$DBATCH show >/dev/full")).Err);
    }

    [Fact(Timeout = 60_000)]
    public async Task Items_from_a_standard_input_that_is_closed_are_refused_and_those_from_a_pipe_are_read()
    {
        var closed = await box.ShellAsync("$DBATCH run --slots 1 --items - -- true <&-");
        var piped = await box.ShellAsync("echo one | $DBATCH run --slots 1 --items - -- true");

        Assert.Equal(2, closed.ExitCode);
        Assert.Contains("cannot read standard input: it is closed", closed.Err, StringComparison.Ordinal);
        Assert.Equal(0, piped.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_removed_current_directory_and_a_word_that_is_not_UTF8_are_sentences()
    {
        var removed = await box.ShellAsync("mkdir gone && cd gone && rmdir ../gone && $DBATCH run --total 1 -- true");
        var latin = await box.ShellAsync("$DBATCH run --total 1 -- echo \"$(printf 'lat\\351.png')\"");

        Assert.Equal((2, 2), (removed.ExitCode, latin.ExitCode));
        Assert.Contains("The current directory was removed.", removed.Err, StringComparison.Ordinal);
        Assert.Contains(@"The word 'lat\xE9.png' is not UTF-8 text", latin.Err, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_second_run_is_refused_where_the_outputs_of_the_first_are()
    {
        string[] command = ["run", "--out", "res", "--slots", "1", "--total", "2", "--", "sh", "-c", "cp version \"$DBATCH_OUT/f\""];
        box.Write("version", "1");
        Assert.Equal(0, (await box.DbatchAsync(command)).ExitCode);
        box.Write("version", "2");
        var second = await box.DbatchAsync(command);

        Assert.Equal(2, second.ExitCode);
        Assert.Contains($"{box["res"]} already has outputs of 2 chunks of another run: 0, 1.", second.Err, StringComparison.Ordinal);
        Assert.Equal("1", box.Read("res/0/f"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_run_into_the_directory_of_a_run_that_is_active_is_refused()
    {
        var first = box.Start("run", "--out", "res", "--slots", "1", "--total", "1", "--", "sh", "-c", "touch started; until [ -e go ]; do sleep 0.02; done");
        await Eventually.HoldsAsync("the first run has started", () => File.Exists(box["started"]), TestContext.Current.CancellationToken);

        var second = await box.DbatchAsync("run", "--state", "other", "--out", "res", "--slots", "1", "--total", "1", "--", "true");
        box.Write("go", "");

        Assert.Equal(2, second.ExitCode);
        Assert.Contains("Another dbatch run writes its outputs to", second.Err, StringComparison.Ordinal);
        Assert.Equal(0, (await first.End).ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_Python_writes_as_a_result_is_accepted_and_can_be_printed()
    {
        box.Write("first.json", """{ "loss": NaN, "file": "lat\udce9.png" }""");
        Assert.Equal(0, (await box.DbatchAsync("run", "--slots", "1", "--total", "1", "--", "sh", "-c", "cp first.json \"$DBATCH_RESULT\"")).ExitCode);

        var printed = await box.DbatchAsync("results");

        Assert.Equal((0, """{"index":0,"attempt":1,"result":{"loss":null,"file":"lat\udce9.png"}}""" + "\n"), (printed.ExitCode, printed.Out));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_printed_command_works_when_it_is_copied()
    {
        var ended = await box.DbatchAsync("run", "--state", "st", "--retries", "0", "--slots", "1", "--total", "1", "--", "sh", "-c", "echo why >&2; exit 3");
        var printed = PrintedCommand().Match(ended.Out + ended.Err);

        var copied = await box.ShellAsync($"$DBATCH {printed.Groups["words"].Value}");

        Assert.Equal((1, 0), (ended.ExitCode, copied.ExitCode));
        Assert.Contains("why", copied.Err, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("logs")]
    [InlineData("retry")]
    [InlineData("run", "--total", "x")]
    public async Task Help_is_printed_whatever_the_arguments(params string[] arguments)
    {
        var ended = await box.DbatchAsync([.. arguments, "--help"]);

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("Usage:", ended.Out, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Escape_sequences_of_a_command_are_shown_and_not_executed()
    {
        var ended = await box.DbatchAsync("run", "--dry-run", "--total", "1", "--", "echo", "\e[31mred");

        Assert.Contains("␛[31mred", ended.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', ended.Out);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_state_directory_that_cannot_be_written_can_be_read()
    {
        Assert.Equal(0, (await box.DbatchAsync("run", "--slots", "1", "--total", "1", "--", "true")).ExitCode);
        // A database of which nothing is left to write has no file beside it that readers share.
        box.Write("close.py", "import sqlite3\nd = sqlite3.connect('.dbatch/tracker.db')\nd.execute('pragma wal_checkpoint(truncate)')\nd.close()\n");
        var copied = await box.ShellAsync("/usr/bin/python3 close.py && mkdir -p ro/.dbatch && cp .dbatch/tracker.db ro/.dbatch/ && chmod -R a+rX . && chmod a-w ro/.dbatch");
        Assert.Equal(0, copied.ExitCode);
        var other = Environment.IsPrivilegedProcess ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";

        var listed = await box.ShellAsync($"cd ro && {other}$DBATCH list");
        await box.ShellAsync("chmod u+w ro/.dbatch");

        Assert.Equal(0, listed.ExitCode);
        Assert.Contains("succeeded", listed.Out, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"dbatch (?<words>logs .*)")]
    private static partial Regex PrintedCommand();
}
