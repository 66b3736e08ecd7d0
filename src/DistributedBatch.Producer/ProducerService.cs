using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Intake;
using DistributedBatch.Producer.Loop;
using DistributedBatch.Producer.Outbox;
using DistributedBatch.Producer.Runs;
using DistributedBatch.Producer.Storage;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Producer;

/// <summary>
/// Starts and stops the producer: wait for the ledger, load its runs, run the loop. A stop has two phases. First nothing new is dispatched, while
/// consumers in the same process finish or return their chunks. Then the messages so far are committed and published.
/// </summary>
internal sealed partial class ProducerService(
    LedgerStore store,
    LedgerHealth health,
    LoopInbox inbox,
    ProducerLoop loop,
    RunUpdates updates,
    GroupCommit commit,
    OutboxPublisher outbox,
    HostMessageIntake hostMessages,
    MessageBus bus,
    BrokerHealth broker,
    ProducerOptions options,
    TimeProvider time,
    IHostApplicationLifetime application,
    ILogger<ProducerService> log) : IHostedLifecycleService, IAsyncDisposable
{
    private static readonly string[] Queues = [Topology.ProducerReportsQueue, Topology.ProducerCommandsQueue];

    private static readonly TimeSpan StandbyPoll = TimeSpan.FromSeconds(1);

    // A producer that was replaced must stop receiving soon, because its successor misses what it receives.
    private static readonly TimeSpan LedgerCheck = TimeSpan.FromSeconds(2);

    // Messages whose handlers wait for a commit that will not come go back to the queue when it is closed.
    private static readonly TimeSpan CloseAfterFailure = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan StopWithoutBroker = TimeSpan.FromSeconds(8);

    private readonly CancellationTokenSource abort = new();
    private Task working = Task.CompletedTask;
    private Task publishing = Task.CompletedTask;
    private Task checking = Task.CompletedTask;
    private LedgerException? replaced;
    private bool isActive;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await store.TryOpenAsync(cancellationToken))
        {
            await ActivateAsync(isNew: false, cancellationToken);
            working = WorkAsync(isNew: false);
        }
        else if (options.Standby)
        {
            LogStandby();
            working = StandByAsync();
        }
        else
        {
            throw new LedgerException(
                $"The ledger in {options.Database ?? Path.GetFullPath(options.DataDirectory)} is in use by another dbatch. "
                + "Wait until that ends, or choose another directory.");
        }
    }

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        loop.StopDispatching();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <exception cref="LedgerException">Another producer has taken the ledger over, which is why this one stops.</exception>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        loop.StopDispatching();
        // The host's shutdown timeout ends the wait; the next producer publishes the rest.
        await using var timeout = cancellationToken.Register(abort.Cancel);
        // What cannot be published is published by the next producer.
        if (broker.Current is not BrokerState.Connected)
            abort.CancelAfter(StopWithoutBroker);
        var closing = Task.WhenAll(Queues.Select(queue => bus.CloseAsync(queue, cancellationToken)));
        if (working.IsFaulted)
        {
            // The broker must not deliver again to this process what is returned now.
            await Task.WhenAny(closing, Task.Delay(CloseAfterFailure, time, cancellationToken));
            hostMessages.ReturnHeld();
        }

        await closing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (working.IsFaulted && broker.Current is BrokerState.Connected)
            await bus.RequeueAsync(Topology.ProducerReportsQueue, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        loop.Complete();
        if (!isActive || working.IsFaulted)
            await abort.CancelAsync();
        await working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        outbox.Complete();
        await publishing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (working.IsCompletedSuccessfully && isActive)
            await commit.CommitPublishedAsync(CancellationToken.None);
        await abort.CancelAsync();
        await checking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await store.DisposeAsync();
        if (replaced is not null)
            throw replaced;
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        abort.Dispose();
        await store.DisposeAsync();
    }

    private async Task StandByAsync()
    {
        while (!await TryTakeOverAsync())
            await Task.Delay(StandbyPoll, time, abort.Token);
        LogTookOver();
        await WorkAsync(isNew: true);
    }

    private async Task<bool> TryTakeOverAsync()
    {
        try
        {
            return await store.TryOpenAsync(abort.Token);
        }
        catch (LedgerException failure)
        {
            // The database may restart.
            LogNotOpened(failure.Message);
            return false;
        }
    }

    private async Task ActivateAsync(bool isNew, CancellationToken cancellation)
    {
        isActive = true;
        if (options.Database is not null)
            checking = Task.Run(CheckLedgerAsync, CancellationToken.None);
        publishing = Task.Run(() => outbox.RunAsync(abort.Token), CancellationToken.None);
        await updates.LoadAsync(options.ResumeOnStart, cancellation);
        // Only the producer that has the ledger may take messages from the queue that all producers share.
        await WaitUntilAloneAsync(isNew, cancellation);
        foreach (var queue in Queues)
            await bus.OpenAsync(queue, cancellation);
    }

    // The connection of a producer whose machine was lost stays with the broker for two heartbeats. One that stays longer belongs to a producer with another ledger.
    private async Task WaitUntilAloneAsync(bool isNew, CancellationToken cancellation)
    {
        if (broker.Current is not BrokerState.Connected)
            return;
        var started = time.GetTimestamp();
        while (await bus.CountReceiversAsync(Topology.ProducerReportsQueue, cancellation) > 0)
        {
            if (time.GetElapsedTime(started) > options.OtherProducerTimeout)
            {
                // Its ledger was this one until now; it stops when it reaches the database again.
                if (isNew)
                    return;
                throw new LedgerException(
                    "Another producer with a ledger of its own works on this broker. Give this one a vhost of its own in the broker url, or the same --data or --database "
                    + "so that it stands by.");
            }

            LogNotAlone();
            await Task.Delay(StandbyPoll, time, cancellation);
        }
    }

    private async Task WorkAsync(bool isNew)
    {
        try
        {
            if (isNew)
                await ActivateAsync(isNew, abort.Token);
            await Task.Run(() => loop.RunAsync(abort.Token));
        }
        catch (Exception failure) when (!abort.IsCancellationRequested)
        {
            // Without a ledger work would be lost. Whatever started this program starts it again.
            LogGaveUp(failure.Message);
            replaced = failure is LedgerException { IsReplaced: true } ledger ? ledger : null;
            application.StopApplication();
            throw;
        }
    }

    // A database session that was lost while nothing was written is noticed here, and so is a successor.
    private async Task CheckLedgerAsync()
    {
        while (true)
        {
            await Task.Delay(LedgerCheck, time, abort.Token);
            try
            {
                await store.CheckAsync(abort.Token);
                health.Worked();
            }
            catch (LedgerException failure) when (failure.IsReplaced)
            {
                inbox.Post(new LedgerTakenOver(failure));
                return;
            }
            catch (LedgerException failure)
            {
                health.Failed(failure.Message);
                LogNotChecked(failure.Message);
            }
        }
    }

    [LoggerMessage(2017, LogLevel.Warning, "The ledger does not answer: {Failure}")]
    private partial void LogNotChecked(string failure);

    [LoggerMessage(2019, LogLevel.Warning, "Another producer receives from the queue of producers; waiting for its end.")]
    private partial void LogNotAlone();

    [LoggerMessage(2008, LogLevel.Information, "Another producer has the ledger; this one is on standby.")]
    private partial void LogStandby();

    [LoggerMessage(2009, LogLevel.Information, "This producer has the ledger now.")]
    private partial void LogTookOver();

    [LoggerMessage(2015, LogLevel.Error, "The ledger could not be opened: {Failure} The standby tries again in 1 s.")]
    private partial void LogNotOpened(string failure);

    [LoggerMessage(2010, LogLevel.Critical, "The producer gives up: {Failure}")]
    private partial void LogGaveUp(string failure);
}
