using DistributedBatch.Consumer.Resources;

namespace DistributedBatch.Consumer.Tests.Resources;

public class MemoryGuardTests
{
    private const long Gigabyte = 1L << 30;

    private static readonly (string Attempt, DateTimeOffset StartedAt, long Bytes)[] Running =
    [
        ("old", DateTimeOffset.UnixEpoch, 2 * Gigabyte),
        ("young", DateTimeOffset.UnixEpoch.AddMinutes(2), Gigabyte),
        ("middle", DateTimeOffset.UnixEpoch.AddMinutes(1), 2 * Gigabyte),
    ];

    [Fact]
    public void Nothing_is_stopped_while_half_of_the_reserve_is_there() =>
        Assert.Empty(MemoryGuard.ToStop(Running, availableBytes: Gigabyte / 2, previousBytes: 0, reserveBytes: Gigabyte));

    [Fact]
    public void The_youngest_is_stopped_first() =>
        Assert.Equal(["young"], MemoryGuard.ToStop(Running, availableBytes: Gigabyte / 4, previousBytes: 0, reserveBytes: Gigabyte));

    [Fact]
    public void As_many_are_stopped_as_it_takes_to_restore_the_reserve() =>
        Assert.Equal(["young", "middle"], MemoryGuard.ToStop(Running, availableBytes: 0, previousBytes: 0, reserveBytes: 2 * Gigabyte));

    [Fact]
    public void The_oldest_is_never_stopped() =>
        Assert.Equal(["young", "middle"], MemoryGuard.ToStop(Running, availableBytes: 0, previousBytes: 0, reserveBytes: 100 * Gigabyte));

    [Fact]
    public void Memory_that_falls_fast_raises_the_alarm_early()
    {
        Assert.Empty(MemoryGuard.ToStop(Running, availableBytes: 3 * Gigabyte, previousBytes: 3 * Gigabyte, reserveBytes: Gigabyte));
        Assert.Equal(["young"], MemoryGuard.ToStop(Running, availableBytes: 3 * Gigabyte, previousBytes: 4 * Gigabyte, reserveBytes: Gigabyte));
    }

    [Fact]
    public void An_attempt_that_ran_out_of_memory_is_expected_to_need_more()
    {
        var estimates = new MemoryEstimates();
        var chunk = new RunChunk { Run = RunId.New(), Index = 0, Start = 0, Count = 1, Total = 1, Attempt = 1, Job = new JobSpec { Command = ["x"], MemoryBytes = 10 } };
        Assert.Equal(10, estimates.Expected(chunk));
        var report = new AttemptReport { Run = chunk.Run, Index = 0, Start = 0, Count = 1, Attempt = 1, Host = "box", Slot = 0, StartedAt = default, Outcome = AttemptOutcome.Succeeded, PeakMemoryBytes = 100 };
        estimates.Learn(report);
        Assert.Equal(100, estimates.Expected(chunk));
        estimates.Learn(report with { Outcome = AttemptOutcome.OutOfMemory });
        Assert.Equal(150, estimates.Expected(chunk));
        estimates.Learn(report with { PeakMemoryBytes = 50 });
        Assert.Equal(150, estimates.Expected(chunk));
    }
}
