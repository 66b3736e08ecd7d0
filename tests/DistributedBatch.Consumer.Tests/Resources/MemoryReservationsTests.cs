using DistributedBatch.Consumer.Resources;

namespace DistributedBatch.Consumer.Tests.Resources;

public class MemoryReservationsTests
{
    [Fact(Timeout = 30_000)]
    public async Task Reservations_beyond_the_budget_wait_until_others_are_released()
    {
        var test = TestContext.Current.CancellationToken;
        var reservations = new MemoryReservations(budgetBytes: 100);
        Assert.True(await reservations.AcquireAsync(60, test));
        Assert.True(await reservations.AcquireAsync(40, test));
        var third = reservations.AcquireAsync(50, test).AsTask();
        Assert.False(third.IsCompleted);
        reservations.Release(40);
        Assert.False(third.IsCompleted);
        reservations.Release(60);
        Assert.True(await third);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_reservation_that_is_too_large_is_admitted_alone_and_a_stopped_attempt_waits_no_longer()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var reservations = new MemoryReservations(budgetBytes: 100);
        Assert.True(await reservations.AcquireAsync(500, stop.Token));
        var second = reservations.AcquireAsync(1, stop.Token).AsTask();
        await stop.CancelAsync();
        Assert.False(await second);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_host_runs_no_more_attempts_at_once_than_their_reservations_allow()
    {
        var test = TestContext.Current.CancellationToken;
        var most = new MachineProbe(TimeProvider.System).Read().MemoryBytes;
        await using var harness = await ConsumerHarness.StartAsync(test, options => options.Slots = 4);
        var job = new JobSpec { Command = ["/bin/sh", "-c", "mkdir $0 && sleep 0.1 && rmdir $0", harness.Directory["alone"]], MemoryBytes = most * 6 / 10 };
        for (var index = 0; index < 4; index++)
            await harness.PublishAsync(job, index);
        for (var index = 0; index < 4; index++)
            Assert.Equal(AttemptOutcome.Succeeded, (await harness.EndedAsync()).Outcome);
    }
}
