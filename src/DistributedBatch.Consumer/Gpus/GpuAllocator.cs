using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>Leases cards to attempts, which wait until one is free, and keeps the state of the cards up to date.</summary>
internal sealed partial class GpuAllocator(GpuOptions options, GpuProbe probe, HostTroubles troubles, TimeProvider time, ILogger<GpuAllocator> logger)
{
    // nvidia-smi takes up to half a second, and rocm-smi starts Python: once per heartbeat is often enough.
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(5);

    // While attempts share cards by measured memory.
    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(1);

    private const string Duty = "gpus";

    private readonly Lock gate = new();
    private readonly GpuLeases leases = new();
    private readonly GpuSharing sharing = new();
    private readonly Dictionary<GpuLease, ActiveAttempt> sharers = [];
    private readonly Dictionary<int, IReadOnlyList<int>> lastCardsOfSlot = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int fractionsPerCard = 1;
    private int slots;
    private bool hadCards;

    /// <summary>Raised with the number of attempts that fit on the cards when it changed.</summary>
    public event Action<int>? SlotsChanged;

    /// <summary>The cards, for heartbeats.</summary>
    public IReadOnlyList<GpuStatus> Status()
    {
        lock (gate)
        {
            return [.. leases.Cards.OrderBy(card => card.Index)
                .Select(card => new GpuStatus(card.Index, card.Name, card.MemoryBytes, card.MemoryUsedBytes, leases.AttemptsOn(card.Index)))];
        }
    }

    /// <summary>Asks the driver for the cards until cancelled; only once when there is no card.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (options.Cards is { Count: 0 })
            return;
        while (await RefreshAsync(cancellation))
            await Task.Delay(HasSharers ? MeasureInterval : ProbeInterval, time, cancellation);
    }

    /// <summary>Waits for a lease; null when the attempt is to stop first.</summary>
    public async Task<GpuLease?> AcquireAsync(ActiveAttempt attempt)
    {
        var job = attempt.Chunk.Job;
        AllowFractions(job);
        while (!attempt.Stopping.IsCancellationRequested)
        {
            Task next;
            lock (gate)
            {
                var request = job.SharesGpu ? sharing.Request(attempt.Chunk.Run) : new GpuRequest(job.Gpus);

                // A kept interpreter cannot move to another card: the slot would need a new one, which loads its model again.
                if (job.Warm == WarmMode.Keep)
                    request = request with { PreferredCards = lastCardsOfSlot.GetValueOrDefault(attempt.Slot) };
                if (leases.TryLease(request) is { } lease)
                {
                    lastCardsOfSlot[attempt.Slot] = lease.Indices;
                    if (job.SharesGpu)
                        sharers[lease] = attempt;
                    return lease;
                }

                next = changed.Task;
            }

            await next.WaitAsync(attempt.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    /// <summary>Ends a lease, and learns from the outcome how many attempts may share a card.</summary>
    /// <returns>
    /// The report. When the program ran out of the card's memory, the outcome says so. It costs no attempt when several attempts shared the card.
    /// </returns>
    public AttemptReport Release(GpuLease lease, AttemptReport report)
    {
        int sharedBy;
        lock (gate)
        {
            leases.Release(lease);
            sharers.Remove(lease);
            sharedBy = lease.IsShared ? lease.MostSharers : 1;
            if (lease.IsShared && report.Outcome == AttemptOutcome.Succeeded)
                sharing.RecordSuccess(report.Run, leases.SmallestUsableBytes);
            if (IsOutOfMemory(report) && sharedBy > 1)
                sharing.RecordOutOfMemory(report.Run, sharedBy);
        }

        UpdateSlots();
        WakeWaiting();
        if (!IsOutOfMemory(report))
            return report;
        var card = $"GPU {lease.VisibleDevices} of {report.Host}";
        return sharedBy > 1
            ? report with { Outcome = AttemptOutcome.Released, ExitCode = null, Error = $"The memory of {card} ran out while {sharedBy} attempts shared it; fewer share it from now on." }
            : report with { Outcome = AttemptOutcome.OutOfMemory, Error = $"The memory of {card} ran out; let the program work in smaller batches, or use a larger card." };
    }

    private bool HasSharers
    {
        get
        {
            lock (gate)
                return sharers.Count > 0;
        }
    }

    private static bool IsOutOfMemory(AttemptReport report) => report.Outcome == AttemptOutcome.ExitCode && GpuOutOfMemory.IsIn(report.StderrTail);

    // False when there is no card and none is expected, so that the driver need not be asked again. Cards that were there may come back.
    private async Task<bool> RefreshAsync(CancellationToken cancellation)
    {
        var found = await probe.CardsAsync(cancellation);
        var processes = HasSharers ? await probe.ProcessesAsync(cancellation) : [];
        var cards = found.Where(card => options.Cards?.Contains(card.Index) ?? true).ToList();
        if (probe.Trouble is { } trouble)
            troubles.Report(Duty, trouble);
        else
            troubles.Resolve(Duty);
        int before;
        lock (gate)
        {
            before = leases.Cards.Count();
            leases.Update(cards, MeasureSharers(cards, processes));
        }

        if (before != cards.Count)
            CardsFound(logger, cards.Count);
        UpdateSlots();
        WakeWaiting();
        hadCards |= cards.Count > 0;
        return hadCards || probe.Trouble is not null || options.Cards is not null;
    }

    // What our attempts hold of each card, in bytes by card. Where the driver names no process of ours, the memory that others do not hold is divided
    // evenly.
    private Dictionary<int, long>? MeasureSharers(List<GpuCard> cards, IReadOnlyList<GpuProcess> processes)
    {
        var held = new Dictionary<int, long>();
        foreach (var (lease, attempt) in sharers)
        {
            var members = attempt.Process.Id is > 0 and var process ? ProcFs.WithDescendants(process) : [];
            foreach (var card in cards.Where(card => lease.Indices.Contains(card.Index)))
            {
                // A sharer has one card. So memory for which the driver names no card is on that card.
                var bytes = processes.Where(other => (other.Uuid is null || other.Uuid == card.Uuid) && members.Contains(other.Process)).Sum(other => other.MemoryBytes);
                held[card.Index] = held.GetValueOrDefault(card.Index) + bytes;
                sharing.RecordMemory(attempt.Chunk.Run, bytes);
            }
        }

        if (held.Values.Any(bytes => bytes > 0))
            return held;
        foreach (var (lease, attempt) in sharers)
        {
            foreach (var card in cards.Where(card => lease.Indices.Contains(card.Index)))
                sharing.RecordMemory(attempt.Chunk.Run, Math.Max(0, card.MemoryUsedBytes - leases.ForeignBytesOn(card.Index)) / Math.Max(1, leases.AttemptsOn(card.Index)));
        }

        return null;
    }

    // More attempts fit on a card when each takes a fraction. The first such attempt opens more slots.
    private void AllowFractions(JobSpec job)
    {
        lock (gate)
        {
            if (job.Gpus is > 0 and < 1)
                fractionsPerCard = Math.Max(fractionsPerCard, (int)Math.Floor((1 / job.Gpus) + 1e-9));
        }

        UpdateSlots();
    }

    private void UpdateSlots()
    {
        int now;
        lock (gate)
        {
            now = leases.Cards.Count() * Math.Max(fractionsPerCard, sharing.MostAllowed);
            if (now == slots)
                return;
            slots = now;
        }

        SlotsChanged?.Invoke(now);
    }

    private void WakeWaiting()
    {
        TaskCompletionSource waiting;
        lock (gate)
            (waiting, changed) = (changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        waiting.SetResult();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} GPUs are used.")]
    private static partial void CardsFound(ILogger logger, int count);
}
