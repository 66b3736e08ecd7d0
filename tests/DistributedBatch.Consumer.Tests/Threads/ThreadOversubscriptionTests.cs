using DistributedBatch.Consumer.Threads;

namespace DistributedBatch.Consumer.Tests.Threads;

public class ThreadOversubscriptionTests
{
    [Fact]
    public void Threads_that_the_cores_have_room_for_harm_nobody() => Assert.Empty(ThreadOversubscription.Find([("one", 8), ("two", 0)], share: 1, cores: 8));

    [Fact]
    public void An_attempt_with_far_more_threads_than_its_share_is_named_with_its_figure() =>
        Assert.Equal([("greedy", 16)], ThreadOversubscription.Find([("greedy", 16), ("modest", 2)], share: 1, cores: 8));

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_starts_a_thread_per_wish_is_warned_of_in_the_heartbeat()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Heartbeat = TimeSpan.FromMilliseconds(200));
        var threads = 8 * Environment.ProcessorCount;
        const string Script = "for i in $(seq $1); do (while [ ! -e $0 ]; do :; done) & done; wait";
        await harness.FeedAsync(new JobSpec { Command = ["/bin/sh", "-c", Script, harness.Directory["go"], $"{threads}"] });
        await foreach (var beat in harness.Heartbeats.ReadAllAsync(test))
        {
            if (beat.Host.Warnings is [var warning])
            {
                Assert.Contains($"chunk 0 of run {harness.Run} keeps ", warning, StringComparison.Ordinal);
                Assert.Contains("OMP_NUM_THREADS", warning, StringComparison.Ordinal);
                break;
            }
        }

        harness.Directory.Write("go", "");
        Assert.Equal(AttemptOutcome.Succeeded, (await harness.EndedAsync()).Outcome);
    }
}
