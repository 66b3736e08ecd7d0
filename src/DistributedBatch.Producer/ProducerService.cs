using DistributedBatch.Messaging.Bus;
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
    ProducerLoop loop,
    RunUpdates updates,
    GroupCommit commit,
    OutboxPublisher outbox,
    MessageBus bus,
    ProducerOptions options,
    TimeProvider time,
    IHostApplicationLifetime application,
    ILogger<ProducerService> log) : IHostedLifecycleService, IAsyncDisposable
{
    private static readonly TimeSpan StandbyPoll = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource abort = new();
    private Task working = Task.CompletedTask;
    private Task publishing = Task.CompletedTask;
    private bool isActive;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await store.TryOpenAsync(cancellationToken))
        {
            await ActivateAsync(cancellationToken);
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
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        loop.StopDispatching();
        // The host's shutdown timeout ends the wait; the next producer publishes the rest.
        await using var timeout = cancellationToken.Register(abort.Cancel);
        await bus.CloseAsync(ProducerRegistration.Queue, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        loop.Complete();
        if (!isActive)
            await abort.CancelAsync();
        await working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        outbox.Complete();
        await publishing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (working.IsCompletedSuccessfully && isActive)
            await commit.CommitPublishedAsync(CancellationToken.None);
        await store.DisposeAsync();
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

    private async Task ActivateAsync(CancellationToken cancellation)
    {
        isActive = true;
        publishing = Task.Run(() => outbox.RunAsync(abort.Token), CancellationToken.None);
        await updates.LoadAsync(options.ResumeOnStart, cancellation);
        // Only the producer that has the ledger may take messages from the queue that all producers share.
        await bus.OpenAsync(ProducerRegistration.Queue, cancellation);
    }

    private async Task WorkAsync(bool isNew)
    {
        try
        {
            if (isNew)
                await ActivateAsync(abort.Token);
            await Task.Run(() => loop.RunAsync(abort.Token));
        }
        catch (Exception failure) when (!abort.IsCancellationRequested)
        {
            // Without a ledger work would be lost. Whatever started this program starts it again.
            LogGaveUp(failure.Message);
            application.StopApplication();
            throw;
        }
    }

    [LoggerMessage(2008, LogLevel.Information, "Another producer has the ledger; this one is on standby.")]
    private partial void LogStandby();

    [LoggerMessage(2009, LogLevel.Information, "This producer has the ledger now.")]
    private partial void LogTookOver();

    [LoggerMessage(2015, LogLevel.Error, "The ledger could not be opened: {Failure} The standby tries again in 1 s.")]
    private partial void LogNotOpened(string failure);

    [LoggerMessage(2010, LogLevel.Critical, "The producer gives up: {Failure}")]
    private partial void LogGaveUp(string failure);
}
