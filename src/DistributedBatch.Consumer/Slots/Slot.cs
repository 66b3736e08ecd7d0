using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Consumer.Slots;

/// <summary>One place where one attempt runs at a time: opens its lane, receives a chunk, executes it, hands over the report, receives the next.</summary>
internal sealed partial class Slot(int number, string resourceClass, string scratchRoot, ExclusiveRun exclusive, SlotContext context) : IDisposable
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
        IChunkLane? lane = null;
        while (NextToken() is { } token)
        {
            try
            {
                if (delay > TimeSpan.Zero)
                    await Task.Delay(delay, context.Time, token);
                lane ??= await context.Source.OpenAsync($"{context.Host.Name}/{number}", resourceClass, token);
                var delivery = await ReceiveAsync(lane, token);
                if (await HandleAsync(delivery, lane))
                    lane = await CloseAsync(lane);
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                lane = await CloseAsync(lane);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // A slot never ends because of an error: its chunk goes back to the queue, and the next one may work.
                Failed(context.Logger, failure, number, context.Host.Name);
                lane = await CloseAsync(lane);
                SetDelay(slowDown: true);
            }
        }

        await CloseAsync(lane);
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

    private async ValueTask<ChunkDelivery> ReceiveAsync(IChunkLane lane, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        var next = lane.ReceiveAsync(token);

        // While other slots work, their reports are worth waiting for, unless this slot gets no chunk without a report.
        var runsLow = next.IsCompleted ? lane.RunsLow : !lane.IsSpent && context.Running.Count > 0;
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

    // True when the chunk was leased: its lane is closed then, and the slot needs a new one.
    private async Task<bool> HandleAsync(ChunkDelivery delivery, IChunkLane lane)
    {
        var chunk = delivery.Chunk;
        if (chunk.Protocol > Protocol.Version)
        {
            await delivery.RejectAsync(
                $"Chunk {chunk.Index} of run {chunk.Run} has protocol {chunk.Protocol}, but host {context.Host.Name} knows only up to {Protocol.Version}; update the host.");
            return false;
        }

        var attempt = new ActiveAttempt(delivery, context.Host.Name, number, context.Time.GetUtcNow(), scratch) { CloseLane = lane.DisposeAsync };
        AttemptReport? report = null;
        using var trace = AttemptTrace.Deliver(attempt);
        context.Running.Add(attempt);
        try
        {
            // After Add, so that a message that arrives at this moment finds the attempt in one place or the other.
            if (context.Runs.OutcomeInsteadOfRunning(chunk.Run) is { } outcome)
                attempt.Stop(outcome);
            report = await ExecuteAsync(attempt);
            attempt.End();
            context.Memory.Learn(report);
            context.Reporter.Add(report, attempt);
            SetDelay(slowDown: report is { Outcome: AttemptOutcome.Released, Error: not null } && attempt.StopRequest?.Reason is null);
            return attempt.Leased;
        }
        finally
        {
            attempt.End();
            context.Running.Remove(attempt, report);
        }
    }

    private async Task<AttemptReport> ExecuteAsync(ActiveAttempt attempt)
    {
        if (!attempt.IsLastChance || attempt.Stopping.IsCancellationRequested)
            return await context.Executor.ExecuteAsync(attempt);
        if (!await exclusive.EnterAsync(attempt))
        {
            return attempt.EndReport(
                AttemptOutcome.Released, context.Time.GetUtcNow(), "The chunk must run alone, and another chunk runs alone on this host now.");
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

    private async ValueTask<IChunkLane?> CloseAsync(IChunkLane? lane)
    {
        if (lane is null)
            return null;

        // A lane hands back what is not acknowledged, and a delivery is acknowledged after its report.
        await context.Reporter.FlushedAsync();
        await lane.DisposeAsync();
        return null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Slot {Slot} of host {Host} failed; its chunk goes back to the queue.")]
    private static partial void Failed(ILogger logger, Exception failure, int slot, string host);
}
