using DistributedBatch.Consumer.Threads;

namespace DistributedBatch.Consumer.Tests.Threads;

public class ThreadOversubscriptionTests
{
    [Fact]
    public void Threads_up_to_the_number_of_cores_are_not_too_many() => Assert.Empty(ThreadOversubscription.Find([("one", 8), ("two", 0)], share: 1, cores: 8));

    [Fact]
    public void An_attempt_with_far_more_threads_than_its_share_is_found_with_their_number() =>
        Assert.Equal([("greedy", 16)], ThreadOversubscription.Find([("greedy", 16), ("modest", 2)], share: 1, cores: 8));

    [Fact(Timeout = 60_000)]
    public async Task A_program_with_far_too_many_threads_causes_a_warning_in_the_heartbeat()
    {
        var test = TestContext.Current.CancellationToken;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Heartbeat = TimeSpan.FromMilliseconds(200));
        var threads = 8 * Environment.ProcessorCount;
        const string Script = "for i in $(seq $1); do (while [ ! -e $0 ]; do :; done) & done; wait";
        await harness.PublishAsync(new JobSpec { Command = ["/bin/sh", "-c", Script, harness.Directory["go"], $"{threads}"] });
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
