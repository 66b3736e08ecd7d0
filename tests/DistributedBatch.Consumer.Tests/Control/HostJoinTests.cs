using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Control;
using DistributedBatch.TestKit.Waiting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Consumer.Tests.Control;

public sealed class HostJoinTests
{
    private static readonly RunId Run = RunId.New();

    private readonly ApplicationLifetime application = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly RunControl runs = new(new RunningAttempts(TimeProvider.System));
    private readonly List<string?> reasons = [];
    private readonly AdmissionHold hold = new();

    public HostJoinTests() => hold.Changed += reasons.Add;

    [Fact]
    public async Task A_host_that_joins_takes_chunks_when_it_knows_which_runs_are_cancelled()
    {
        using var join = Begin(TimeSpan.FromHours(1));
        Assert.True(join.IsWaiting);
        Assert.NotNull(Assert.Single(reasons));

        await HandleAsync(join, new HostAdmission(join.Instance, null, [new RunControlMessage(Run, RunState.Cancelled, 5)]));

        Assert.False(join.IsWaiting);
        Assert.Null(reasons[^1]);
        Assert.Equal(AttemptOutcome.Cancelled, runs.OutcomeInsteadOfRunning(Chunk(revision: 4)));
    }

    [Fact]
    public async Task An_answer_to_another_consumer_of_the_same_name_changes_nothing()
    {
        using var join = Begin(TimeSpan.FromHours(1));

        await HandleAsync(join, new HostAdmission(Guid.NewGuid(), "not you", []));

        Assert.True(join.IsWaiting);
        Assert.Null(join.Refusal);
    }

    [Fact]
    public async Task A_refused_consumer_stops_with_the_reason_and_takes_no_chunk()
    {
        using var join = Begin(TimeSpan.FromHours(1));

        await HandleAsync(join, new HostAdmission(join.Instance, "Another consumer has this name.", []));

        Assert.Equal("Another consumer has this name.", join.Refusal);
        Assert.True(application.ApplicationStopping.IsCancellationRequested);
        Assert.NotNull(reasons[^1]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Without_an_answer_the_host_takes_chunks_after_the_timeout()
    {
        using var join = Begin(TimeSpan.FromMilliseconds(20));

        await Eventually.HoldsAsync("the host takes chunks", () => !join.IsWaiting, TestContext.Current.CancellationToken);

        Assert.Null(reasons[^1]);
    }

    private static RunChunk Chunk(long revision) => new()
    {
        Run = Run,
        Index = 0,
        Start = 0,
        Count = 1,
        Total = 1,
        Attempt = 1,
        Revision = revision,
        Job = new JobSpec { Command = ["true"] },
    };

    private static Task HandleAsync(HostJoin join, HostAdmission admission) => join.HandleAsync(admission, TestContext.Current.CancellationToken);

    private HostJoin Begin(TimeSpan timeout)
    {
        var join = new HostJoin(hold, runs, new JoinOptions(timeout), application, TimeProvider.System, NullLogger<HostJoin>.Instance);
        join.Begin();
        return join;
    }
}
