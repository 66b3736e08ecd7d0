using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Run;

public sealed class ResumeSpecs : IDisposable
{
    private readonly OneBox box = new();

    public void Dispose() => box.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task After_kill_9_no_succeeded_chunk_runs_again_and_no_child_is_left()
    {
        const int Chunks = 300;
        var marker = $"DBATCH_SPEC={Guid.NewGuid():N}";
        box.Environment["DBATCH_SPEC"] = marker.Split('=')[1];

        // Says when it starts; what it wrote to DBATCH_OUT appears only when the attempt counts.
        var job = box.Script("job", "echo $DBATCH_CHUNK >> started.txt; sleep 0.02; echo x > \"$DBATCH_OUT/part\"\n");
        var ended = box.Start("run", "--name", "survivor", "--total", $"{Chunks}", "--slots", "4", "--", job);
        foreach (var goal in new[] { 40, 120 })
        {
            await Eventually.HoldsAsync($"{goal} chunks started", () => box.Lines("started.txt").Count >= goal, TestContext.Current.CancellationToken);
            ended.Signal(ProcessKiller.Sigkill);
            await ended.End;
            await Eventually.HoldsAsync("no child is left", () => ProcessKiller.WithEnvironment(marker).Count == 0, TestContext.Current.CancellationToken, TimeSpan.FromSeconds(5));
            File.Move(box["started.txt"], box[$"started.{goal}"]);
            ended = goal == 40
                ? box.Start("run", "--resume", "survivor", "--slots", "4")
                : box.Start("run", "--name", "survivor", "--total", $"{Chunks}", "--slots", "4", "--", job);
        }

        var last = await ended.End;

        Assert.True(last.ExitCode == 0, last.ToString());
        Assert.Contains($"{Chunks} of {Chunks} chunks succeeded", last.Out, StringComparison.Ordinal);
        Assert.Contains("chunks have succeeded before", last.Err, StringComparison.Ordinal);

        // Every chunk has its output once, and only what was under way at a kill was started again.
        var outputs = Directory.GetDirectories(box.State, "part", SearchOption.AllDirectories).Length
            + Directory.GetFiles(box.State, "part", SearchOption.AllDirectories).Length;
        Assert.Equal(Chunks, outputs);
        var startedTwice = box.Lines("started.txt").Concat(box.Lines("started.40")).Concat(box.Lines("started.120")).Count() - Chunks;
        Assert.InRange(startedTwice, 0, 2 * (4 + ReportsInFlight));
    }

    // Attempts that had ended but whose reports were not committed when the process was killed.
    private const int ReportsInFlight = 12;

    [Fact(Timeout = 60_000)]
    public async Task The_first_interrupt_lets_running_chunks_finish_and_says_how_to_go_on()
    {
        var job = box.Script("job", "echo $DBATCH_CHUNK >> started.txt; sleep 0.5; echo $DBATCH_CHUNK >> finished.txt\n");
        var run = box.Start("run", "--name", "drained", "--total", "20", "--slots", "2", "--", job);
        await Eventually.HoldsAsync("two chunks run", () => box.Lines("started.txt").Count >= 2, TestContext.Current.CancellationToken);

        run.Signal(ProcessKiller.Sigint);
        var ended = await run.End;
        var started = box.Lines("started.txt").Count;
        var resumed = await box.DbatchAsync("run", "--resume", "drained", "--slots", "8");

        Assert.Equal(130, ended.ExitCode);
        Assert.Contains("to go on: dbatch run --resume", ended.Out, StringComparison.Ordinal);
        Assert.InRange(started, 2, 6);
        Assert.True(resumed.ExitCode == 0, resumed.ToString());
        Assert.Equal(20, box.Lines("finished.txt").Count);
        Assert.Equal(20, box.Lines("started.txt").Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_second_interrupt_kills_and_costs_no_attempt()
    {
        var job = box.Script("job", "trap '' TERM INT; echo $$ >> pids.txt; [ -e quick ] || sleep 60\n");
        var run = box.Start("run", "--name", "killed", "--total", "2", "--slots", "2", "--retries", "0", "--", job);
        await Eventually.HoldsAsync("both chunks run", () => box.Lines("pids.txt").Count >= 2, TestContext.Current.CancellationToken);

        run.Signal(ProcessKiller.Sigint);
        await Eventually.HoldsAsync(
            "it says that it stops", () => run.Told.Any(line => line.StartsWith("Stopping: ", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
        run.Signal(ProcessKiller.Sigint);
        var ended = await run.End;

        Assert.Equal(130, ended.ExitCode);
        await Eventually.HoldsAsync(
            "no child is left", () => !box.Lines("pids.txt").Any(pid => ProcessKiller.IsAlive(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture))), TestContext.Current.CancellationToken, TimeSpan.FromSeconds(5));
        box.Write("quick", "");
        var resumed = await box.DbatchAsync("run", "--resume", "last");
        Assert.True(resumed.ExitCode == 0, resumed.ToString());
    }

    [Fact(Timeout = 60_000)]
    public async Task The_same_command_with_the_same_name_has_nothing_left_to_do()
    {
        string[] command = ["run", "--name", "once", "--total", "2", "--slots", "1", "--", box.Script("job", "echo ran >> ran.txt\n")];

        Assert.Equal(0, (await box.DbatchAsync(command)).ExitCode);
        var again = await box.DbatchAsync(command);

        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.Contains("has succeeded before; nothing is left to do", again.Err, StringComparison.Ordinal);
        Assert.Equal(2, box.Lines("ran.txt").Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Other_work_under_the_name_of_an_unfinished_run_is_refused()
    {
        Assert.Equal(1, (await box.DbatchAsync("run", "--name", "same", "--total", "2", "--retries", "0", "--", "false")).ExitCode);
        var other = await box.DbatchAsync("run", "--name", "same", "--total", "3", "--", "false");

        Assert.Equal(2, other.ExitCode);
        Assert.Contains("is other work: its command, items or chunk size differ", other.Err, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Retry_runs_the_failed_chunks_again_and_only_those()
    {
        var job = box.Script("job", "echo $DBATCH_CHUNK >> ran.txt; [ $DBATCH_CHUNK != 1 ] || [ -e fixed ]\n");
        var first = await box.DbatchAsync("run", "--total", "3", "--slots", "1", "--retries", "0", "--", job);
        box.Write("fixed", "");
        var retried = await box.DbatchAsync("retry", "last", "--slots", "1");

        Assert.Equal(1, first.ExitCode);
        Assert.True(retried.ExitCode == 0, retried.ToString());
        Assert.Equal(["0", "1", "2", "1"], box.Lines("ran.txt"));
    }
}
