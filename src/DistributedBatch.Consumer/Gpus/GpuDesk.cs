namespace DistributedBatch.Consumer.Gpus;

/// <summary>Gives leases of cards to attempts, lets them wait for one, and keeps the cards' state up to date.</summary>
internal sealed partial class GpuDesk(ConsumerOptions options, GpuProbe probe, TimeProvider time, ILogger<GpuDesk> logger)
{
    // A healthy nvidia-smi takes up to half a second, so it is not asked more often than anybody looks.
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);

    private readonly Lock turn = new();
    private readonly GpuLeases leases = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int attemptsPerCard = 1;

    /// <summary>Told when the number of attempts that fit onto the cards changed.</summary>
    public Action<int>? SlotsChanged { get; set; }

    /// <summary>The cards for heartbeats.</summary>
    public IReadOnlyList<GpuStatus> Status()
    {
        lock (turn)
            return [.. leases.Cards.OrderBy(card => card.Index).Select(card => new GpuStatus(card.Index, card.Name, card.MemoryBytes, card.MemoryUsedBytes, leases.AttemptsOn(card.Index)))];
    }

    /// <summary>Asks the driver until cancelled; once only where there is no card.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (options.Gpus is { Count: 0 })
            return;
        while (await AskAsync(cancellation).ConfigureAwait(false))
            await Task.Delay(AskEvery, time, cancellation).ConfigureAwait(false);
    }

    /// <summary>Waits for a lease; null when the attempt is to stop first.</summary>
    public async Task<GpuLease?> TakeAsync(double gpus, CancellationToken stop)
    {
        var request = new GpuRequest(gpus);
        Share(request);
        while (!stop.IsCancellationRequested)
        {
            Task next;
            lock (turn)
            {
                if (leases.Take(request) is { } lease)
                    return lease;
                next = changed.Task;
            }

            await next.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    /// <summary>Ends a lease.</summary>
    public void Return(GpuLease lease)
    {
        lock (turn)
            leases.Return(lease);
        Wake();
    }

    private async Task<bool> AskAsync(CancellationToken cancellation)
    {
        var seen = await probe.CardsAsync(cancellation).ConfigureAwait(false);
        var ours = seen.Where(card => options.Gpus?.Contains(card.Index) ?? true).ToList();
        int before;
        lock (turn)
        {
            before = leases.Cards.Count();
            leases.Update(ours);
        }

        if (before != ours.Count)
        {
            Cards(logger, ours.Count);
            SlotsChanged?.Invoke(ours.Count * attemptsPerCard);
        }

        Wake();
        return ours.Count > 0 || before > 0 || options.Gpus is not null;
    }

    // With attempts that take a part of a card, more of them fit; more slots are opened when the first such one is seen.
    private void Share(GpuRequest request)
    {
        int cards;
        lock (turn)
        {
            var fit = request.IsFraction ? Math.Max(1, (int)Math.Floor((1 / request.Cards) + 1e-9)) : 1;
            if (fit <= attemptsPerCard)
                return;
            attemptsPerCard = fit;
            cards = leases.Cards.Count();
        }

        SlotsChanged?.Invoke(cards * attemptsPerCard);
    }

    private void Wake()
    {
        TaskCompletionSource waiting;
        lock (turn)
            (waiting, changed) = (changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        waiting.SetResult();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} GPUs are used.")]
    private static partial void Cards(ILogger logger, int count);
}
