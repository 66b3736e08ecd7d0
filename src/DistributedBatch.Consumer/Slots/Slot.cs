using DistributedBatch.Consumer.Execution;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Consumer.Slots;

/// <summary>One place where one attempt runs at a time: opens its lane, takes a chunk, executes it, hands over its report, takes the next.</summary>
internal sealed partial class Slot(int number, string resourceClass, string scratchRoot, SlotContext work) : IDisposable
{
    private static readonly TimeSpan LongestBrake = TimeSpan.FromSeconds(5);

    private readonly Lock turn = new();
    private readonly SlotScratch scratch = new(Path.Combine(scratchRoot, $"{number}"));
    private CancellationTokenSource receiving = new();
    private bool wanted;
    private bool running;
    private TimeSpan brake;

    /// <summary>Number of the slot, from 0.</summary>
    public int Number => number;

    /// <summary>Completes when the slot neither runs an attempt nor waits for one.</summary>
    public Task Idle { get; private set; } = Task.CompletedTask;

    /// <summary>Whether an attempt runs in it.</summary>
    public bool Busy { get; private set; }

    /// <summary>Lets the slot take chunks.</summary>
    public void Open()
    {
        lock (turn)
        {
            if (wanted)
                return;
            wanted = true;
            receiving = new CancellationTokenSource();
            if (running)
                return; // It was closed a moment ago and its last attempt still runs; the loop sees that it goes on.
            running = true;
            Idle = Task.Run(RunAsync);
        }
    }

    /// <summary>Lets the slot take no further chunk. What runs goes on.</summary>
    public void Close()
    {
        lock (turn)
        {
            wanted = false;
            receiving.Cancel();
        }
    }

    /// <summary>Removes its files; nothing may run in it any more.</summary>
    public void Dispose()
    {
        receiving.Dispose();
        scratch.Remove();
    }

    private async Task RunAsync()
    {
        IChunkLane? lane = null;
        while (Wanted() is { } token)
        {
            try
            {
                if (brake > TimeSpan.Zero)
                    await Task.Delay(brake, work.Time, token);
                lane ??= await work.Source.OpenAsync($"{work.Options.Host}/{number}", resourceClass, token);
                var delivery = await ReceiveAsync(lane, token);
                Busy = true;
                if (await HandleAsync(delivery, lane))
                    lane = await CloseAsync(lane);
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                lane = await CloseAsync(lane);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // A slot never ends by itself: whatever it was, the chunk goes back and the next one may work.
                Failed(work.Logger, failure, number, work.Options.Host);
                lane = await CloseAsync(lane);
                Brake(on: true);
            }
            finally
            {
                Busy = false;
            }
        }

        await CloseAsync(lane);
    }

    private CancellationToken? Wanted()
    {
        lock (turn)
        {
            if (wanted)
                return receiving.Token;
            running = false;
            return null;
        }
    }

    private async ValueTask<ChunkDelivery> ReceiveAsync(IChunkLane lane, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        var next = lane.ReceiveAsync(token);

        // While others work, their reports are worth waiting for, unless it takes a report to get this slot a chunk.
        var hurries = next.IsCompleted ? lane.RunsLow : !lane.IsSpent && work.Running.Count > 0;
        if (hurries)
            work.Reporter.SlotRunsLow();
        if (hurries || next.IsCompleted)
            return await next;

        work.Reporter.SlotStarves();
        try
        {
            return await next;
        }
        finally
        {
            work.Reporter.SlotFed();
        }
    }

    // True when the lane was left for a lease and a new one is needed.
    private async Task<bool> HandleAsync(ChunkDelivery delivery, IChunkLane lane)
    {
        var chunk = delivery.Chunk;
        if (chunk.Protocol > Protocol.Version)
        {
            await delivery.RejectAsync(
                $"Chunk {chunk.Index} of run {chunk.Run} speaks protocol {chunk.Protocol}, host {work.Options.Host} up to {Protocol.Version}; update the host.");
            return false;
        }

        var attempt = new ActiveAttempt(delivery, number, work.Time.GetUtcNow(), scratch) { LeaveLane = lane.DisposeAsync };
        AttemptReport? report = null;
        using var trace = AttemptTrace.Deliver(attempt, work.Options.Host);
        work.Running.Add(attempt);
        try
        {
            // After it is among the running ones, so that a broadcast at this very moment finds it in one place or the other.
            if (work.Steered.Instead(chunk.Run) is { } instead)
                attempt.Stop(instead, null);
            report = await work.Executor.ExecuteAsync(attempt);
            attempt.End();
            work.Memory.Learn(report);
            work.Reporter.Add(report, attempt);
            Brake(report is { Outcome: AttemptOutcome.Released, Error: not null } && attempt.StopReason is null);
            return attempt.Leased;
        }
        finally
        {
            attempt.End();
            work.Running.Remove(attempt, report);
        }
    }

    // A runner that dies at every start must not turn the queue into a hot circle of released chunks.
    private void Brake(bool on) =>
        brake = !on ? TimeSpan.Zero : brake == TimeSpan.Zero ? TimeSpan.FromMilliseconds(100) : brake * 2 < LongestBrake ? brake * 2 : LongestBrake;

    private async ValueTask<IChunkLane?> CloseAsync(IChunkLane? lane)
    {
        if (lane is null)
            return null;

        // A lane hands back what was not acknowledged, and acknowledging waits for the report.
        await work.Reporter.FlushedAsync();
        await lane.DisposeAsync();
        return null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Slot {Slot} of {Host} failed; its chunk goes back to the queue.")]
    private static partial void Failed(ILogger logger, Exception failure, int slot, string host);
}
