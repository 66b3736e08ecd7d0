namespace DistributedBatch.Specs.Run;

/// <summary>Bad input gets a sentence and exit code 2, and nothing is started.</summary>
public sealed class BadInputSpecs : IDisposable
{
    private readonly OneBox box = new();

    public void Dispose() => box.Dispose();

    [Theory(Timeout = 30_000)]
    [InlineData("--chunk is 0; it must be at least 1", "--total", "10", "--chunk", "0")]
    [InlineData("--chunk is -3; it must be at least 1", "--total", "10", "--chunk", "-3")]
    [InlineData("first index 11 is outside", "--total", "10", "--first", "11")]
    [InlineData("--slots is 0; it must be at least 1", "--total", "10", "--slots", "0")]
    [InlineData("{strat} is not a placeholder; did you mean {start}? Known are {start} {count}", "--total", "10", "--stdin", "{strat}")]
    [InlineData("--timeout must be a duration such as 90s, 5m or 1h30m, not 'soon'", "--total", "10", "--timeout", "soon")]
    [InlineData("--isolation must be one of session, cgroup, not 'docker'", "--total", "10", "--isolation", "docker")]
    [InlineData("cannot read gone.txt: no such file", "--items", "gone.txt")]
    [InlineData("There is no option --totl; did you mean --total?", "--totl", "10")]
    [InlineData("There is no dataset", "--chunk", "5")]
    [InlineData("nothing matches '*.nope'", "--glob", "*.nope")]
    [InlineData("cannot be written", "--total", "1", "--state", "/proc/nowhere")]
    [InlineData("There is no file gone.yaml", "-f", "gone.yaml")]
    public async Task A_mistake_is_reported_and_nothing_is_started(string sentence, params string[] arguments)
    {
        var ended = await box.DbatchAsync(["run", .. arguments, "--", box.Script("job", "echo ran >> ran.txt")]);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(sentence, ended.Err, StringComparison.Ordinal);
        Assert.Empty(box.Lines("ran.txt"));
        Assert.Equal("", ended.Out);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_missing_program_is_reported_and_one_in_the_current_directory_is_suggested()
    {
        box.Script("job", "true");

        Assert.Contains("There is no program 'nope' on PATH.", (await box.DbatchAsync("run", "--total", "1", "--", "nope")).Err, StringComparison.Ordinal);
        Assert.Contains("did you mean ./job?", (await box.DbatchAsync("run", "--total", "1", "--", "job")).Err, StringComparison.Ordinal);
        Assert.False(Directory.Exists(box.State));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_program_without_the_execute_bit_is_reported()
    {
        box.Write("plain", "#!/bin/sh\n");
        var ended = await box.DbatchAsync("run", "--total", "1", "--", "./plain");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("chmod +x ./plain", ended.Err, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_empty_item_file_is_reported()
    {
        box.Write("items.txt", "\n\n");
        var ended = await box.DbatchAsync("run", "--items", "items.txt", "--", "true");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("items.txt has no items; write one per line.", ended.Err, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_unknown_key_of_a_job_file_is_reported_with_its_line_and_the_nearest_known_key()
    {
        box.Write("job.yaml", "total: 3\nretrys: 2\ncommand: [\"true\"]\n");
        var ended = await box.DbatchAsync("run", "-f", "job.yaml");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("job.yaml line 2: there is no key 'retrys'; did you mean 'retries'?", ended.Err, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task All_mistakes_are_reported_at_once()
    {
        var ended = await box.DbatchAsync("run", "--total", "5", "--first", "6", "--chunk", "0", "--slots", "x", "--timeout", "soon", "--", "nope", "{strat}");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("6 mistakes, nothing was started:", ended.Err, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_state_directory_of_a_newer_version_is_not_used()
    {
        box.Write(".dbatch/format", "99");
        var ended = await box.DbatchAsync("run", "--total", "1", "--", "true");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("written by a newer dbatch", ended.Err, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_unknown_command_is_reported_with_the_nearest_one()
    {
        var ended = await box.DbatchAsync("lsit");

        Assert.Equal((2, "dbatch: There is no command 'lsit'; did you mean 'list'?\n"), (ended.ExitCode, ended.Err));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_server_with_the_consumer_role_reads_its_settings_like_a_consumer()
    {
        var config = box.Write("config.yaml", "slots: 0\ndrain: soon\nallow-program: python3\n");
        box.Environment["DBATCH_CONFIG"] = config;
        box.Environment["DBATCH_GPUS"] = "one";
        var ended = await box.DbatchAsync("serve", "--broker", "amqp://127.0.0.1:1", "--roles", "consumer", "--data", box["data"]);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("--slots is 0; it must be at least 1", ended.Err, StringComparison.Ordinal);
        Assert.Contains("--drain must be a duration", ended.Err, StringComparison.Ordinal);
        Assert.Contains("--gpus must be auto, none or a list", ended.Err, StringComparison.Ordinal);
        Assert.Contains("allow-program", ended.Err, StringComparison.Ordinal);
        Assert.False(Directory.Exists(box["data"]));
    }

    [Fact(Timeout = 30_000)]
    public async Task All_mistakes_in_the_options_of_a_server_are_reported_at_once()
    {
        var ended = await box.DbatchAsync("serve", "--broker", "head", "--roles", "produce", "--listen", "8080", "--database", "mysql://db/lab", "--data", box["data"]);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("4 mistakes, nothing was started:", ended.Err, StringComparison.Ordinal);
        Assert.Contains("--database: A PostgreSQL database is named as postgres://", ended.Err, StringComparison.Ordinal);
        Assert.False(Directory.Exists(box["data"]));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_failed_before_command_of_submit_is_reported_with_the_remedy_for_submit()
    {
        box.Write("job.yaml", "name: away\ntotal: 1\nbefore: [\"false\"]\ncommand: [\"true\"]\n");
        var ended = await box.DbatchAsync("submit", "-f", "job.yaml", "--server", "http://127.0.0.1:1", "--token", "x");

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("exited with code 1: false. Nothing was submitted; the same command runs it again.", ended.Err, StringComparison.Ordinal);
        Assert.DoesNotContain("dbatch run", ended.Err, StringComparison.Ordinal);
    }
}
