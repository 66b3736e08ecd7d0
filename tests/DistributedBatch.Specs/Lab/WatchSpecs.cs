using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Lab;

/// <summary>A client follows a run of a server.</summary>
[Collection(nameof(LabBroker))]
public sealed class WatchSpecs(PrivateBroker broker)
{
    [Fact(Timeout = 240_000)]
    public async Task A_watch_goes_on_through_an_outage_of_the_tracker_and_runs_the_after_command()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        lab.StartProducer();
        await lab.StartTrackerAsync(cancellation);
        lab.StartHost("one");
        var watch = lab.Start(
            "submit", "--name", "watched", "--total", "4", "--watch", "--after", "sh -c 'cat {out}/*/item >merged'",
            "--", "sh", "-c", "until [ -e go ]; do sleep 0.1; done; printf %s $DBATCH_START >$DBATCH_OUT/item");
        await lab.ShowsAsync("watched", "running", view => view.GetProperty("chunks").GetProperty("running").GetInt32() > 0, cancellation);

        await lab.KillAsync("tracker");
        await Eventually.HoldsAsync(
            "the watch tells of the outage",
            () => watch.ErrorLines.Any(line => line.Contains("Cannot reach the server", StringComparison.Ordinal) && line.EndsWith("The run goes on; waiting for the server.", StringComparison.Ordinal)),
            cancellation,
            TimeSpan.FromMinutes(1));
        await File.WriteAllTextAsync(lab.Path("go"), "", cancellation);
        await lab.StartTrackerAsync(cancellation);

        var ended = await watch.End;
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal("0123", await File.ReadAllTextAsync(lab.Path("merged"), cancellation));

        // Somebody else, who did not submit the run, can run such a command too.
        await lab.DbatchAsync("watch", "watched", "--after", "sh -c 'cat {out}/*/item >again'");
        Assert.Equal("0123", await File.ReadAllTextAsync(lab.Path("again"), cancellation));
    }

    [Fact(Timeout = 240_000)]
    public async Task Failed_attempts_are_shown_before_their_chunks_fail_for_good()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        lab.StartHost("one");
        var watch = lab.Start("submit", "--name", "failing", "--total", "2", "--retries", "1000", "--watch", "--", "sh", "-c", "echo 'ValueError: row 17' >&2; exit 1");

        await Eventually.HoldsAsync(
            "the watch shows a failed attempt",
            () => watch.ErrorLines.Any(line => line.StartsWith("failed: chunk ", StringComparison.Ordinal) && line.EndsWith("exit code 1: ValueError: row 17", StringComparison.Ordinal)),
            cancellation,
            TimeSpan.FromMinutes(1));
        Assert.Contains("ValueError: row 17", (await lab.DbatchAsync("show", "failing")).Out, StringComparison.Ordinal);
        Assert.Contains("ValueError: row 17", (await lab.DbatchAsync("explain", "failing")).Out, StringComparison.Ordinal);

        await lab.DbatchAsync("cancel", "failing");
        Assert.Equal(1, (await watch.End).ExitCode);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_submitted_command_runs_in_the_directory_of_its_submission()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await TestLab.CreateAsync(broker, cancellation);
        await lab.StartHeadAsync(cancellation);
        lab.StartHost("one");

        var ended = await lab.ShellAsync("mkdir project && cd project && $DBATCH submit --total 1 --watch -- sh -c 'pwd >where'");

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal([lab.Path("project")], lab.Lines("project/where"));
    }
}
