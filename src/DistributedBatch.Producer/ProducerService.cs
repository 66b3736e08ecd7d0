using DistributedBatch.Messaging.Bus;
using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer;

/// <summary>
/// The producer's life: wait for the ledger, bring back its runs, feed until told to stop. It stops in two phases: first nothing new is fed while consumers in
/// the same process finish or hand back what they have, then what was heard is committed and published.
/// </summary>
internal sealed class ProducerService(
    ILedgerStore store,
    ProducerLoop loop,
    GroupCommit commit,
    OutboxPublisher announcer,
    MessageBus bus,
    ProducerOptions options,
    TimeProvider time,
    IHostApplicationLifetime application,
    ILogger<ProducerService> log) : IHostedLifecycleService, IAsyncDisposable
{
    private static readonly TimeSpan StandbyPoll = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource cut = new();
    private Task work = Task.CompletedTask;
    private Task announcing = Task.CompletedTask;
    private bool active;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await store.TryOpenAsync(cancellationToken))
        {
            await ActivateAsync(cancellationToken);
            work = WorkAsync(isNew: false);
        }
        else if (options.Standby)
        {
            ProducerLog.StandingBy(log);
            work = StandByAsync();
        }
        else
        {
            throw new LedgerException(
                $"The ledger in {options.Database ?? Path.GetFullPath(options.DataDirectory)} is in use by another dbatch. Wait until that ends, or choose another directory.");
        }
    }

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        loop.StopFeeding();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        loop.StopFeeding();
        // The host's own limit ends the wait; what was not published is published at the next start.
        await using var limit = cancellationToken.Register(cut.Cancel);
        await bus.CloseAsync(ProducerRegistration.Queue, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        loop.Complete();
        if (!active)
            await cut.CancelAsync();
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        announcer.Complete();
        await announcing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (work.IsCompletedSuccessfully && active)
            await commit.KeepAllAnnouncedAsync(CancellationToken.None);
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
        cut.Dispose();
        await store.DisposeAsync();
    }

    private async Task StandByAsync()
    {
        while (!await TryTakeOverAsync())
            await Task.Delay(StandbyPoll, time, cut.Token);
        ProducerLog.TookOver(log);
        await WorkAsync(isNew: true);
    }

    private async Task<bool> TryTakeOverAsync()
    {
        try
        {
            return await store.TryOpenAsync(cut.Token);
        }
        catch (LedgerException failure)
        {
            // A database that restarts is no reason for a standby to stop standing by.
            ProducerLog.NotKept(log, failure.Message);
            return false;
        }
    }

    private async Task ActivateAsync(CancellationToken cancellation)
    {
        active = true;
        announcing = Task.Run(() => announcer.RunAsync(cut.Token), CancellationToken.None);
        await loop.LoadAsync(cancellation);
        // Only the producer that has the ledger may take messages from the queue that all producers share.
        await bus.OpenAsync(ProducerRegistration.Queue, cancellation);
    }

    private async Task WorkAsync(bool isNew)
    {
        try
        {
            if (isNew)
                await ActivateAsync(cut.Token);
            await Task.Run(() => loop.RunAsync(cut.Token));
        }
        catch (Exception failure) when (!cut.IsCancellationRequested)
        {
            // Going on with a ledger that is not kept would lose work; whoever started this program starts it again.
            ProducerLog.GaveUp(log, failure.Message);
            application.StopApplication();
            throw;
        }
    }
}
