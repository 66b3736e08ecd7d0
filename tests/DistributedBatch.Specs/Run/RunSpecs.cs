namespace DistributedBatch.Specs.Run;

public sealed class RunSpecs : IDisposable
{
    private readonly OneBox box = new();

    public void Dispose() => box.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task The_articles_example_reads_exactly_the_articles_bytes()
    {
        // Each attempt keeps its standard input in a file of its own, byte for byte.
        var job = box.Script("job", "cat > \"in.$DBATCH_CHUNK\"\n");

        var ended = await box.DbatchAsync("run", "--total", "10000", "--first", "0", "--chunk", "3000", "--slots", "4", "--stdin", "{start},{count}", "--", job);

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(["0,3000", "3000,3000", "6000,3000", "9000,1000"], Enumerable.Range(0, 4).Select(index => box.Read($"in.{index}")));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_empty_range_is_a_finished_run_and_starts_nothing()
    {
        var ended = await box.DbatchAsync("run", "--total", "10", "--first", "10", "--", box.Script("job", "echo ran >> ran.txt"));

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Empty(box.Lines("ran.txt"));
        Assert.Contains("succeeded", ended.Out, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Items_arrive_unchanged()
    {
        string[] items = ["plain", "two  words", "it's \"quoted\"", "$HOME `id` ; rm *", "naïve 日本 🎲", "--flag", "{start}"];
        box.Write("the items.txt", string.Join('\n', items));
        var job = box.Script("job", "printf '%s' \"$1\" > \"item.$DBATCH_CHUNK\"\n");

        var ended = await box.DbatchAsync("run", "--items", "the items.txt", "--slots", "2", "--", job, "{item}");

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(items, Enumerable.Range(0, items.Length).Select(index => box.Read($"item.{index}")));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_item_may_have_several_lines()
    {
        box.Write("job.yaml", "items: [\"one\\ntwo\", three]\nslots: 1\ncommand: [./job, \"{item}\"]\n");
        box.Script("job", "printf '%s' \"$1\" > \"item.$DBATCH_CHUNK\"\n");

        var ended = await box.DbatchAsync("run", "-f", "job.yaml");

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal("one\ntwo", box.Read("item.0"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Failures_decide_the_exit_code_and_are_reported_with_the_programs_message()
    {
        var job = box.Script("job", "[ \"$DBATCH_CHUNK\" != 2 ] || { echo 'it broke' >&2; exit 7; }\n");

        var ended = await box.DbatchAsync("run", "--total", "4", "--slots", "2", "--retries", "1", "--retry-delay", "10ms", "--", job);

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("failed: chunk 2, attempt 1: exit code 7: it broke", ended.Err, StringComparison.Ordinal);
        Assert.Contains("3 of 4 chunks succeeded, 1 failed", ended.Out, StringComparison.Ordinal);
        Assert.Contains("chunk 2 after 2 attempts, exit code 7: it broke", ended.Out, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_missing_Python_module_is_named_before_anything_starts()
    {
        box.Write("job.py", "import no_such_module_anywhere\n");

        var ended = await box.DbatchAsync("run", "--total", "1", "--retries", "0", "--python", "/usr/bin/python3", "--", "python3", "job.py");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("/usr/bin/python3 has no module 'no_such_module_anywhere'", ended.Err, StringComparison.Ordinal);
        Assert.Equal("[]", (await box.DbatchAsync("list", "--json")).Out.Trim());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_module_that_is_missing_only_where_the_chunk_imports_it_gets_a_hint()
    {
        box.Write("job.py", "def work():\n    import no_such_module_anywhere\nwork()\n");

        var ended = await box.DbatchAsync("run", "--total", "1", "--retries", "0", "--python", "/usr/bin/python3", "--", "python3", "job.py");

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("hint: /usr/bin/python3 has no module 'no_such_module_anywhere'", ended.Out, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_run_is_cancelled_when_more_chunks_fail_than_allowed()
    {
        var ended = await box.DbatchAsync("run", "--total", "500", "--slots", "1", "--retries", "0", "--max-failures", "2", "--json", "--", "false");

        Assert.Equal(1, ended.ExitCode);
        Assert.Equal("cancelled", ended.Json.GetProperty("state").GetString());
        Assert.InRange(ended.Json.GetProperty("chunks").GetProperty("failed").GetInt32(), 3, 20);
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_the_JSON_summary_is_on_standard_output()
    {
        var ended = await box.DbatchAsync("run", "--total", "3", "--slots", "1", "--name", "mine", "--json", "--", "true");

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(("mine", "succeeded", 3), (ended.Json.GetProperty("name").GetString(), ended.Json.GetProperty("state").GetString(), ended.Json.GetProperty("chunks").GetProperty("succeeded").GetInt32()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_job_file_runs_before_once_and_after_once_with_the_output_directory()
    {
        box.Write("job/job.yaml", """
            name: around
            total: 3
            slots: 2
            out: results
            before: [sh, -c, 'echo before >> order.txt; mkdir -p {out}']
            command: [sh, -c, 'echo chunk >> order.txt; echo "$DBATCH_START" > "$DBATCH_OUT/part"']
            after: [sh, -c, 'echo after >> order.txt; cat {out}/*/part > joined.txt; echo "$DBATCH_OUT" > where.txt']
            """);

        var ended = await box.DbatchAsync("run", "-f", "job/job.yaml");

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(["before", "chunk", "chunk", "chunk", "after"], box.Lines("order.txt"));
        Assert.Equal(["0", "1", "2"], box.Lines("joined.txt"));
        Assert.Equal([box["job", "results"]], box.Lines("where.txt"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_before_command_that_fails_starts_no_chunk_and_is_run_again()
    {
        string[] command = ["run", "-f", "job.yaml"];
        box.Write("job.yaml", """
            name: twice
            total: 1
            before: [sh, -c, 'echo before >> order.txt; test -e ready']
            command: [sh, -c, 'echo chunk >> order.txt']
            """);

        var first = await box.DbatchAsync(command);
        box.Write("ready", "");
        var second = await box.DbatchAsync(command);

        Assert.Equal(1, first.ExitCode);
        Assert.Contains("The before command of run twice exited with code 1", first.Err, StringComparison.Ordinal);
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Equal(["before", "before", "chunk"], box.Lines("order.txt"));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_run_ends_when_its_last_chunk_ends()
    {
        var job = box.Script("job", "sleep 0.3; date +%s.%N > ended.txt\n");

        var ended = await box.DbatchAsync("run", "--total", "1", "--slots", "1", "--", job);
        var end = TimeProvider.System.GetUtcNow();

        Assert.True(ended.ExitCode == 0, ended.ToString());
        var last = DateTimeOffset.UnixEpoch.AddSeconds(double.Parse(box.Read("ended.txt"), System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange((end - last).TotalSeconds, 0, 5);
    }

    [Fact(Timeout = 60_000)]
    public async Task Two_runs_at_once_do_not_share_a_state_directory()
    {
        var job = box.Script("job", "echo $$ > started.txt; while [ ! -e go ]; do sleep 0.05; done\n");
        var first = box.Start("run", "--total", "1", "--slots", "1", "--", job);
        await TestKit.Waiting.Eventually.HoldsAsync("the first run's chunk runs", () => File.Exists(box["started.txt"]), TestContext.Current.CancellationToken);

        var second = await box.DbatchAsync("run", "--total", "1", "--", "true");
        box.Write("go", "");

        Assert.Equal(2, second.ExitCode);
        Assert.Contains($"Another dbatch run works in {box.State} (process {first.Pid})", second.Err, StringComparison.Ordinal);
        Assert.Equal(0, (await first.End).ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_run_works_with_a_closed_standard_input()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "dbatch");
        var job = box.Script("job", "cat > \"in.$DBATCH_CHUNK\"\n");
        box.Script("start", $"exec '{program}' run --total 2 --slots 1 --stdin '{{index}}' -- '{job}' <&-\n");
        var output = new System.Text.StringBuilder();

        var result = await CliWrap.Cli.Wrap(box["start"]).WithWorkingDirectory(box.Path).WithEnvironmentVariables(box.Environment)
            .WithStandardErrorPipe(CliWrap.PipeTarget.ToStringBuilder(output)).WithValidation(CliWrap.CommandResultValidation.None)
            .ExecuteAsync(TestContext.Current.CancellationToken);

        Assert.True(result.ExitCode == 0, output.ToString());
        Assert.Equal(["0", "1"], [box.Read("in.0"), box.Read("in.1")]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Paths_may_have_spaces()
    {
        var job = box.Script("my jobs/the job", "echo \"$1\" > done.txt\n");

        var ended = await box.DbatchAsync("run", "--total", "1", "--state", "my state", "--", job, "{start}");

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(["0"], box.Lines("done.txt"));
        Assert.True(Directory.Exists(box["my state", "runs"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_sweep_fills_its_columns()
    {
        var ended = await box.DbatchAsync("run", "--sweep", "lr=0.1,0.01", "--sweep", "seed=1,2", "--slots", "1", "--", "sh", "-c", "echo {lr} {seed} >> rows.txt");

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(["0.1 1", "0.1 2", "0.01 1", "0.01 2"], box.Lines("rows.txt"));
    }
}
