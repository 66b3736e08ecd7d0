using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Consumer.Slots;

/// <summary>One place where one attempt runs at a time: receives a chunk, executes it, hands over the report, receives the next.</summary>
internal sealed partial class Slot(int number, IChunkBuffer buffer, string scratchRoot, ExclusiveRun exclusive, SlotContext context) : IDisposable
{
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly SlotScratch scratch = new(Path.Combine(scratchRoot, $"{number}"));
    private CancellationTokenSource receiving = new();
    private bool open;
    private bool running;
    private TimeSpan delay;

    /// <summary>Number of the slot, from 0.</summary>
    public int Number => number;

    /// <summary>Completes when the slot neither runs an attempt nor waits for a chunk.</summary>
    public Task Idle { get; private set; } = Task.CompletedTask;

    /// <summary>Lets the slot receive chunks.</summary>
    public void Open()
    {
        lock (gate)
        {
            if (open)
                return;
            open = true;
            receiving = new CancellationTokenSource();
            if (running)
                return; // Closed a moment ago, and the last attempt still runs: the loop continues after it.
            running = true;
            Idle = Task.Run(RunAsync);
        }
    }

    /// <summary>Lets the slot receive no further chunk. A running attempt goes on.</summary>
    public void Close()
    {
        lock (gate)
        {
            open = false;
            receiving.Cancel();
        }
    }

    /// <summary>Removes its files; the slot must be idle.</summary>
    public void Dispose()
    {
        receiving.Dispose();
        scratch.Remove();
    }

    private async Task RunAsync()
    {
        while (NextToken() is { } token)
        {
            try
            {
                if (delay > TimeSpan.Zero)
                    await Task.Delay(delay, context.Time, token);
                await HandleAsync(await ReceiveAsync(token));
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                // Closed while it waited for a chunk.
            }
        }

        // A closed slot holds no memory and no GPU.
        context.Executor.EndKept(number);
    }

    // Cancelled when the slot closes; null when it is closed.
    private CancellationToken? NextToken()
    {
        lock (gate)
        {
            if (open)
                return receiving.Token;
            running = false;
            return null;
        }
    }

    // The slots of a run that needed many are too many for the next one. Its first chunks may have been received by then.
    private bool IsClosed()
    {
        lock (gate)
            return !open;
    }

    private async ValueTask<ChunkDelivery> ReceiveAsync(CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        var next = buffer.ReceiveAsync(token);

        // While other slots work, their reports are worth waiting for, unless this slot gets no chunk without a report.
        var runsLow = next.IsCompleted ? buffer.IsLow : !buffer.IsFull && context.Running.Count > 0;
        if (runsLow)
            context.Reporter.SlotRunsLow();
        if (runsLow || next.IsCompleted)
            return await next;

        context.Reporter.SlotWaits();
        try
        {
            return await next;
        }
        finally
        {
            context.Reporter.SlotServed();
        }
    }

    private async Task HandleAsync(ChunkDelivery delivery)
    {
        var chunk = delivery.Chunk;
        if (chunk.Protocol > Protocol.Version)
        {
            await delivery.RejectAsync(
                $"Chunk {chunk.Index} of run {chunk.Run} has protocol {chunk.Protocol}, but host {context.Host.Name} knows only up to {Protocol.Version}; update the host.");
            delivery.Finished();
            return;
        }

        var attempt = new ActiveAttempt(delivery, context.Host.Name, number, context.Time.GetUtcNow(), scratch) { StartedTimestamp = context.Time.GetTimestamp() };
        AttemptReport? report = null;
        using var trace = AttemptTrace.Deliver(attempt);
        context.Running.Add(attempt);
        try
        {
            // After Add, so that a message that arrives at this moment finds the attempt in one place or the other.
            if (context.Runs.OutcomeInsteadOfRunning(chunk) is { } outcome)
                attempt.Stop(outcome);
            else if (IsClosed())
                attempt.Stop(AttemptOutcome.Released);
            report = await ExecuteOrReportFailureAsync(attempt);
            attempt.End();
            delivery.Finished();
            context.Memory.Learn(report);
            context.Reporter.Add(report, attempt);
            SetDelay(slowDown: report is { Outcome: AttemptOutcome.Released, Error: not null } && attempt.StopRequest?.Reason is null);
        }
        finally
        {
            attempt.End();
            context.Running.Remove(attempt, report);
        }
    }

    /// <summary>A failure of the host itself is a failed attempt, too: a chunk that went back to the queue for it could fail there for ever.</summary>
    private async Task<AttemptReport> ExecuteOrReportFailureAsync(ActiveAttempt attempt)
    {
        try
        {
            return await ExecuteAsync(attempt);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Failed(context.Logger, failure, attempt.Chunk.Index, attempt.Chunk.Run.Value, number, context.Host.Name);
            return attempt.EndReport(
                AttemptOutcome.NotStarted, context.Time, $"Host {context.Host.Name} failed to run the attempt: {failure.Message} Its log says more.");
        }
    }

    private async Task<AttemptReport> ExecuteAsync(ActiveAttempt attempt)
    {
        if (attempt.Chunk.ConfirmStart)
            await context.Reporter.ConfirmStartAsync(attempt);
        if (!attempt.IsLastChance || attempt.Stopping.IsCancellationRequested)
            return await context.Executor.ExecuteAsync(attempt);
        if (!await exclusive.EnterAsync(attempt))
        {
            return attempt.EndReport(
                AttemptOutcome.Released, context.Time, "The chunk must run alone, and another chunk runs alone on this host now.");
        }

        try
        {
            return await context.Executor.ExecuteAsync(attempt);
        }
        finally
        {
            exclusive.Leave();
        }
    }

    // When a runner dies at every start, the slot must not receive and release chunks as fast as it can.
    private void SetDelay(bool slowDown) =>
        delay = !slowDown ? TimeSpan.Zero : delay == TimeSpan.Zero ? TimeSpan.FromMilliseconds(100) : delay * 2 < MaxDelay ? delay * 2 : MaxDelay;

    [LoggerMessage(Level = LogLevel.Error, Message = "Chunk {Index} of run {Run} could not be run in slot {Slot} of host {Host}")]
    private static partial void Failed(ILogger logger, Exception failure, int index, string run, int slot, string host);
}
