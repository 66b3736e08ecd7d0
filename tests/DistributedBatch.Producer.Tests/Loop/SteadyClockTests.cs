using DistributedBatch.Producer.Loop;

namespace DistributedBatch.Producer.Tests.Loop;

public sealed class SteadyClockTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddYears(50);

    private readonly SettableTime machine = new() { Utc = Start };

    [Fact]
    public void A_clock_that_is_set_back_does_not_take_the_time_back()
    {
        var clock = new SteadyClock(machine);

        machine.Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(Start.AddSeconds(10), clock.Now());
        machine.Utc -= TimeSpan.FromHours(1);
        machine.Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(Start.AddSeconds(20), clock.Now());
    }

    [Fact]
    public void A_clock_that_is_set_forward_is_followed()
    {
        var clock = new SteadyClock(machine);

        machine.Utc += TimeSpan.FromHours(1);

        Assert.Equal(Start.AddHours(1), clock.Now());
    }

    [Fact]
    public void The_machine_is_followed_again_when_nothing_waits()
    {
        var clock = new SteadyClock(machine);
        machine.Utc -= TimeSpan.FromHours(1);
        Assert.Equal(Start, clock.Now());

        clock.FollowMachine();

        Assert.Equal(Start.AddHours(-1), clock.Now());
    }

    private sealed class SettableTime : TimeProvider
    {
        private long ticks;

        public DateTimeOffset Utc { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time)
        {
            Utc += time;
            ticks += time.Ticks;
        }

        public override DateTimeOffset GetUtcNow() => Utc;

        public override long GetTimestamp() => ticks;
    }
}
