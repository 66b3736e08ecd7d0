using System.Text.Json;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;
using Microsoft.Data.Sqlite;

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

        // Records each start. The file in DBATCH_OUT becomes visible only when the attempt succeeds.
        var job = box.Script("job", "echo $DBATCH_CHUNK >> started.txt; sleep 0.02; echo x > \"$DBATCH_OUT/part\"\n");
        var run = box.Start("run", "--name", "survivor", "--total", $"{Chunks}", "--slots", "4", "--", job);
        var succeeded = new HashSet<int>();
        var startedBefore = new HashSet<int>();
        var repeated = 0;
        foreach (var goal in new[] { 40, 120 })
        {
            await Eventually.HoldsAsync($"{goal} chunks started", () => box.Lines("started.txt").Count >= goal, TestContext.Current.CancellationToken);
            run.Signal(ProcessKiller.Sigkill);
            await run.End;
            await Eventually.HoldsAsync("no child is left", () => ProcessKiller.WithEnvironment(marker).Count == 0, TestContext.Current.CancellationToken, TimeSpan.FromSeconds(5));
            CheckStarts();
            succeeded = [.. SucceededInLedger()];
            Assert.NotEmpty(succeeded);
            run = goal == 40
                ? box.Start("run", "--resume", "survivor", "--slots", "4")
                : box.Start("run", "--name", "survivor", "--total", $"{Chunks}", "--slots", "4", "--", job);
        }

        var last = await run.End;

        Assert.True(last.ExitCode == 0, last.ToString());
        Assert.Contains($"{Chunks} of {Chunks} chunks succeeded", last.Out, StringComparison.Ordinal);
        Assert.Contains("chunks already succeeded", last.Err, StringComparison.Ordinal);
        CheckStarts();
        Assert.Equal(Enumerable.Range(0, Chunks), startedBefore.Order());
        Assert.InRange(repeated, 0, 2 * (4 + UncommittedReports));
        var outputs = Directory.GetFiles(box.State, "part", SearchOption.AllDirectories).Select(file => int.Parse(Path.GetFileName(Path.GetDirectoryName(file))!, null));
        Assert.Equal(Enumerable.Range(0, Chunks), outputs.Order());

        // The chunks that the last process started: none of them had succeeded before, and a repeated one was running at the kill.
        void CheckStarts()
        {
            var started = box.Lines("started.txt").Select(line => int.Parse(line, null)).ToList();
            Assert.Empty(started.Intersect(succeeded));
            Assert.Equal(started.Count, started.Distinct().Count());
            repeated += started.Count(startedBefore.Contains);
            startedBefore.UnionWith(started);
            File.Delete(box["started.txt"]);
        }
    }

    /// <summary>Attempts that had ended, but whose reports were not committed at the kill.</summary>
    private const int UncommittedReports = 12;

    [Fact(Timeout = 120_000)]
    public async Task After_kill_9_every_chunk_has_the_result_the_outputs_and_the_log_of_one_attempt()
    {
        const int Chunks = 1200;

        // Every attempt writes a text of its own, to all three places.
        var job = box.Script("job", """
            text=$DBATCH_CHUNK.$(date +%s%N)
            echo "$text" >> started.txt
            echo "$text" > "$DBATCH_OUT/part"
            echo "$text"
            echo "\"$text\"" > "$DBATCH_RESULT"
            """);
        var run = box.Start("run", "--name", "whole", "--total", $"{Chunks}", "--slots", "2", "--warm", "off", "--", job);
        foreach (var goal in new[] { 150, 400, 700 })
        {
            await Eventually.HoldsAsync($"{goal} chunks started", () => box.Lines("started.txt").Count >= goal, TestContext.Current.CancellationToken);
            run.Signal(ProcessKiller.Sigkill);
            await run.End;
            run = box.Start("run", "--resume", "whole", "--slots", "2");
        }

        Assert.Equal(0, (await run.End).ExitCode);
        var results = (await box.DbatchAsync("results", "whole")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(line => line.GetProperty("index").GetInt32(), line => line.GetProperty("result").GetString());
        var outputs = Directory.GetFiles(box.State, "part", SearchOption.AllDirectories)
            .ToDictionary(file => int.Parse(Path.GetFileName(Path.GetDirectoryName(file))!, null), file => File.ReadAllText(file).Trim());
        Assert.Equal(Enumerable.Range(0, Chunks), results.Keys.Order());
        Assert.Equal(outputs.OrderBy(pair => pair.Key), results.OrderBy(pair => pair.Key)!);
        var written = box.Lines("started.txt").GroupBy(text => text.Split('.')[0]).Where(attempts => attempts.Count() > 1).Select(attempts => int.Parse(attempts.Key, null));
        foreach (var repeated in written.Take(10))
            Assert.Equal(results[repeated], (await box.DbatchAsync("logs", "whole", $"{repeated}")).Out.Trim());
    }

    [Fact(Timeout = 60_000)]
    public async Task The_first_interrupt_lets_running_chunks_finish_and_prints_the_command_to_resume()
    {
        var job = box.Script("job", "echo $DBATCH_CHUNK >> started.txt; sleep 0.5; echo $DBATCH_CHUNK >> finished.txt\n");
        var run = box.Start("run", "--name", "drained", "--total", "20", "--slots", "2", "--", job);
        await Eventually.HoldsAsync("two chunks run", () => box.Lines("started.txt").Count >= 2, TestContext.Current.CancellationToken);

        run.Signal(ProcessKiller.Sigint);
        var ended = await run.End;
        var started = box.Lines("started.txt").Count;
        var resumed = await box.DbatchAsync("run", "--resume", "drained", "--slots", "8");

        Assert.Equal(130, ended.ExitCode);
        Assert.Contains("to resume: dbatch run --resume", ended.Out, StringComparison.Ordinal);
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
            "it reports that it is stopping", () => run.ErrorLines.Any(line => line.StartsWith("Stopping: ", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
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
        Assert.Contains("has already succeeded; nothing is left to do", again.Err, StringComparison.Ordinal);
        Assert.Equal(2, box.Lines("ran.txt").Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_different_run_under_the_name_of_an_unfinished_one_is_refused()
    {
        Assert.Equal(1, (await box.DbatchAsync("run", "--name", "same", "--total", "2", "--retries", "0", "--", "false")).ExitCode);
        var other = await box.DbatchAsync("run", "--name", "same", "--total", "3", "--", "false");

        Assert.Equal(2, other.ExitCode);
        Assert.Contains("is a different run: its command, items or chunk size differ", other.Err, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Retry_runs_only_the_failed_chunks_again()
    {
        var job = box.Script("job", "echo $DBATCH_CHUNK >> ran.txt; [ $DBATCH_CHUNK != 1 ] || [ -e fixed ]\n");
        var first = await box.DbatchAsync("run", "--total", "3", "--slots", "1", "--retries", "0", "--", job);
        box.Write("fixed", "");
        var retried = await box.DbatchAsync("retry", "last", "--slots", "1");

        Assert.Equal(1, first.ExitCode);
        Assert.True(retried.ExitCode == 0, retried.ToString());
        Assert.Equal(["0", "1", "2", "1"], box.Lines("ran.txt"));
    }

    /// <summary>The chunks that the ledger has as succeeded. The ledger decides what runs again; it is read from a copy, so that reading changes nothing.</summary>
    private List<int> SucceededInLedger()
    {
        foreach (var file in Directory.GetFiles(box.State, "ledger.db*"))
            File.Copy(file, box[$"copy.{Path.GetFileName(file)}"], overwrite: true);
        using var connection = new SqliteConnection($"Data Source={box["copy.ledger.db"]};Pooling=False");
        connection.Open();
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT idx FROM chunk WHERE state = 'succeeded'";
        using var reader = select.ExecuteReader();
        var chunks = new List<int>();
        while (reader.Read())
            chunks.Add(reader.GetInt32(0));
        return chunks;
    }
}
