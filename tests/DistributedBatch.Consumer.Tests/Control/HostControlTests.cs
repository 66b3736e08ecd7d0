using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Control;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Consumer.Tests.Control;

public sealed class HostControlTests : IDisposable
{
    private readonly ManualTimer timer = new();
    private readonly List<string?> reasons = [];
    private readonly HostJoin join;
    private readonly HostControl control;

    public HostControlTests()
    {
        var hold = new AdmissionHold();
        hold.Changed += reasons.Add;
        join = new HostJoin(
            hold, new RunControl(new RunningAttempts(timer)), new JoinOptions(null), new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), timer, NullLogger<HostJoin>.Instance);
        control = new HostControl(new HostSettings("box", "/nowhere"), hold, join, timer);
    }

    public void Dispose()
    {
        control.Dispose();
        join.Dispose();
    }

    [Fact]
    public async Task A_hold_ends_when_its_time_is_up_even_when_the_producer_is_silent()
    {
        await HandleAsync(new HostControlMessage("box", "chunks fail here", TimeSpan.FromHours(1)));
        Assert.Equal(["chunks fail here"], reasons);
        Assert.Equal(TimeSpan.FromHours(1), timer.DueTime);

        timer.Fire();

        Assert.Equal(["chunks fail here", null], reasons);
    }

    [Fact]
    public async Task A_message_for_another_host_changes_nothing()
    {
        await HandleAsync(new HostControlMessage("somebody else", "not us", TimeSpan.FromHours(1)));

        Assert.Empty(reasons);
        Assert.Null(timer.DueTime);
    }

    private Task HandleAsync(HostControlMessage message) => control.HandleAsync(message, TestContext.Current.CancellationToken);

    private sealed class ManualTimer : TimeProvider
    {
        private Action? callback;

        public TimeSpan? DueTime { get; private set; }

        public void Fire() => callback!();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (this.callback, DueTime) = (() => callback(state), dueTime);
            return System.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
