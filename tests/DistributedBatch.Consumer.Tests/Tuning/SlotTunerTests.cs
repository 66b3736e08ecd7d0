using DistributedBatch.Consumer.Tuning;

namespace DistributedBatch.Consumer.Tests.Tuning;

public sealed class SlotTunerTests
{
    private const double Goal = 0.95;

    [Fact]
    public void It_starts_with_one_slot_per_core() => Assert.Equal(8, Tuner(8).Current.Slots);

    [Theory]
    [InlineData(0.005)]
    [InlineData(0.1)]
    [InlineData(2)]
    public void Work_that_fills_the_processors_stays_near_one_slot_per_core(double cpuSeconds)
    {
        var machine = new SimulatedMachine { CpuSeconds = cpuSeconds };

        AssertNearBest(machine, Tuner(8), seconds: 300);
    }

    [Theory]
    [InlineData(0.05, 0.05)]
    [InlineData(0.02, 0.38)]
    [InlineData(0.5, 1.5)]
    public void Work_that_waits_gets_more_slots_than_cores(double cpuSeconds, double waitSeconds)
    {
        var machine = new SimulatedMachine { CpuSeconds = cpuSeconds, WaitSeconds = waitSeconds };
        var tuner = Tuner(8);

        AssertNearBest(machine, tuner, seconds: 240);
        Assert.True(tuner.Current.Slots > 8, tuner.Current.Reason);
    }

    [Fact]
    public void Work_that_mostly_waits_has_most_of_its_slots_within_two_seconds()
    {
        var tuner = Tuner(2);

        new SimulatedMachine { Cores = 2, CpuSeconds = 0.02, WaitSeconds = 0.4 }.Efficiency(tuner, seconds: 2);

        Assert.InRange(tuner.Current.Slots, 30, 45);
    }

    [Fact]
    public void A_run_of_which_nothing_is_known_starts_with_one_slot_per_core()
    {
        var tuner = Tuner(2);
        new SimulatedMachine { Cores = 2, CpuSeconds = 0.02, WaitSeconds = 0.4 }.Efficiency(tuner, seconds: 10);
        Assert.True(tuner.Current.Slots > 20);

        Assert.Equal(2, tuner.StartOver().Slots);
        new SimulatedMachine { Cores = 2, CpuSeconds = 1 }.Efficiency(tuner, seconds: 20);
        Assert.InRange(tuner.Current.Slots, 1, 3);
    }

    [Fact]
    public void Work_after_a_pause_is_estimated_anew()
    {
        var tuner = Tuner(2);
        new SimulatedMachine { Cores = 2, CpuSeconds = 0.2 }.Efficiency(tuner, seconds: 20);
        tuner.Observe(new TunerSample { Elapsed = TimeSpan.FromSeconds(1), Busy = 0, Items = 0, Chunks = 0, CpuBusy = 0, MemoryAvailableBytes = 32L << 30 });

        new SimulatedMachine { Cores = 2, CpuSeconds = 0.02, WaitSeconds = 0.4 }.Efficiency(tuner, seconds: 2);

        Assert.InRange(tuner.Current.Slots, 30, 45);
    }

    [Fact]
    public void Work_that_waits_for_one_slow_device_gets_a_bounded_number_of_slots()
    {
        var machine = new SimulatedMachine { CpuSeconds = 0.01, WaitSeconds = 0.2, DeviceChunksPerSecond = 100 };
        var tuner = Tuner(8);

        AssertNearBest(machine, tuner, seconds: 300);
        Assert.InRange(tuner.Current.Slots, 15, 64);
    }

    [Fact]
    public void Work_limited_by_memory_bandwidth_gets_fewer_slots_than_cores()
    {
        var machine = new SimulatedMachine { CpuSeconds = 0.05, Slowdown = 0.6, ContentionFrom = 4 };
        var tuner = Tuner(8);

        AssertNearBest(machine, tuner, seconds: 600);
        Assert.InRange(tuner.Current.Slots, 3, 5);
    }

    [Theory]
    [InlineData(1, 0.2, 0)]
    [InlineData(2, 0.2, 0)]
    [InlineData(2, 0.005, 0)]
    [InlineData(2, 0.1, 0.1)]
    [InlineData(2, 0.02, 0.4)]
    public void A_machine_with_few_cores_is_used_fully(int cores, double cpuSeconds, double waitSeconds) =>
        AssertNearBest(new SimulatedMachine { Cores = cores, CpuSeconds = cpuSeconds, WaitSeconds = waitSeconds }, Tuner(cores), seconds: 240);

    [Fact]
    public void One_slow_chunk_decides_nothing()
    {
        var machine = new SimulatedMachine { CpuSeconds = 0.1 };
        var tuner = Tuner(8);
        machine.Efficiency(tuner, 60);

        machine.HeldBySlowChunks = 1;
        AssertNearBest(machine, tuner, seconds: 120);
        machine.HeldBySlowChunks = 0;
        AssertNearBest(machine, tuner, seconds: 120);

        Assert.InRange(tuner.Current.Slots, 6, 12);
    }

    [Fact]
    public void Memory_limits_the_slots_although_processors_are_idle()
    {
        var machine = new SimulatedMachine { CpuSeconds = 0.1, WaitSeconds = 0.9, MemoryBytes = 40e9, AttemptBytes = 2e9 };
        var tuner = Tuner(8);

        machine.Efficiency(tuner, 240);

        Assert.InRange(tuner.Current.Slots, 16, 19);
        Assert.Contains("memory", tuner.Current.Reason);
    }

    [Fact]
    public void Attempts_that_need_more_memory_than_expected_reduce_the_slots_at_once()
    {
        var tuner = Tuner(8);

        var advice = tuner.Observe(new TunerSample
        {
            Elapsed = TimeSpan.FromSeconds(1),
            Busy = 8,
            Items = 0,
            Chunks = 0,
            CpuBusy = 0.5,
            MemoryAvailableBytes = 3L << 30,
            AttemptPeakBytes = 4L << 30,
            UnclaimedBytes = 8L << 30,
        });

        Assert.InRange(advice.Slots, 1, 6);
        Assert.Contains("memory runs short", advice.Reason);
    }

    [Fact]
    public void Memory_pressure_closes_a_slot_even_when_the_need_of_attempts_is_unknown()
    {
        var advice = Tuner(8).Observe(new TunerSample
        {
            Elapsed = TimeSpan.FromSeconds(1),
            Busy = 8,
            Items = 8,
            Chunks = 8,
            CpuBusy = 1,
            MemoryAvailableBytes = 8L << 30,
            MemoryPressure = 0.4,
        });

        Assert.Equal(7, advice.Slots);
    }

    [Fact]
    public void Noise_does_not_change_the_result()
    {
        var machine = new SimulatedMachine { CpuSeconds = 0.1, WaitSeconds = 0.1, Noise = 0.1 };

        AssertNearBest(machine, Tuner(8), seconds: 600);
    }

    [Fact]
    public void With_chunks_of_15_minutes_processor_use_decides()
    {
        var machine = new SimulatedMachine { CpuSeconds = 450, WaitSeconds = 450 };
        var tuner = Tuner(8);

        AssertNearBest(machine, tuner, seconds: 600);
        Assert.InRange(tuner.Current.Slots, 15, 24);
    }

    [Fact]
    public void Slots_follow_work_that_changes_during_the_run()
    {
        var machine = new SimulatedMachine { CpuSeconds = 0.1 };
        var tuner = Tuner(8);
        machine.Efficiency(tuner, 120);

        machine.WaitSeconds = 0.4;

        AssertNearBest(machine, tuner, seconds: 400);
        Assert.True(tuner.Current.Slots > 30, tuner.Current.Reason);
    }

    [Fact]
    public void Slots_that_find_no_chunk_change_nothing()
    {
        var tuner = Tuner(8);

        for (var second = 0; second < 60; second++)
        {
            tuner.Observe(new TunerSample
            {
                Elapsed = TimeSpan.FromSeconds(1),
                Busy = 1,
                Items = 20,
                Chunks = 20,
                CpuBusy = 0.12,
                MemoryAvailableBytes = 32L << 30,
            });
        }

        Assert.Equal(8, tuner.Current.Slots);
    }

    private static SlotTuner Tuner(int cores) => new(new TunerLimits { Cores = cores });

    private static void AssertNearBest(SimulatedMachine machine, SlotTuner tuner, int seconds)
    {
        var efficiency = machine.Efficiency(tuner, seconds);
        Assert.True(efficiency >= Goal, $"{efficiency:0.0%} of the best with {tuner.Current.Slots} slots: {tuner.Current.Reason}");
    }
}
