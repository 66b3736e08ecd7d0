using DistributedBatch.Consumer.Control;

namespace DistributedBatch.Consumer.Tests.Control;

public sealed class RunOrderTests
{
    private static readonly RunId Run = RunId.New();

    [Fact]
    public void A_cancel_applies_to_the_chunks_from_before_it_and_to_no_later_ones()
    {
        var order = Order((RunState.Cancelled, 5));

        Assert.Equal(AttemptOutcome.Cancelled, order.OutcomeInsteadOfRunning(4));
        Assert.Null(order.OutcomeInsteadOfRunning(5));
    }

    [Fact]
    public void A_retry_does_not_revive_the_chunks_from_before_the_cancel()
    {
        var order = Order((RunState.Cancelled, 5), (RunState.Running, 6));

        Assert.Equal(AttemptOutcome.Cancelled, order.OutcomeInsteadOfRunning(4));
        Assert.Null(order.OutcomeInsteadOfRunning(6));
    }

    [Fact]
    public void A_late_message_does_not_undo_a_newer_one()
    {
        var order = Order((RunState.Running, 6), (RunState.Cancelled, 5), (RunState.Paused, 3));

        Assert.Equal(RunState.Running, order.State);
        Assert.Equal(AttemptOutcome.Cancelled, order.OutcomeInsteadOfRunning(4));
        Assert.Null(order.OutcomeInsteadOfRunning(5));
    }

    [Fact]
    public void A_pause_returns_chunks_only_until_the_run_continues()
    {
        Assert.Equal(AttemptOutcome.Released, Order((RunState.Paused, 5)).OutcomeInsteadOfRunning(4));
        Assert.Null(Order((RunState.Paused, 5)).OutcomeInsteadOfRunning(5));
        Assert.Null(Order((RunState.Paused, 5), (RunState.Running, 6)).OutcomeInsteadOfRunning(4));
    }

    [Theory]
    [InlineData(RunState.Succeeded)]
    [InlineData(RunState.Failed)]
    public void Copies_of_the_chunks_of_a_run_that_is_over_do_not_run(RunState state) =>
        Assert.Equal(AttemptOutcome.Cancelled, Order((state, 9)).OutcomeInsteadOfRunning(4));

    [Fact]
    public void Of_a_chunk_without_a_revision_the_newest_state_decides()
    {
        Assert.Equal(AttemptOutcome.Cancelled, Order((RunState.Cancelled, 5)).OutcomeInsteadOfRunning(null));
        Assert.Null(Order((RunState.Cancelled, 5), (RunState.Running, 6)).OutcomeInsteadOfRunning(null));
    }

    private static RunOrder Order(params (RunState State, long Revision)[] messages) =>
        messages.Aggregate(RunOrder.None, (order, message) => order.With(new RunControlMessage(Run, message.State, message.Revision)));
}
