using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Slots;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>Gives leases of cards to attempts, lets them wait for one, and keeps the cards' state up to date.</summary>
internal sealed partial class GpuAllocator(ConsumerOptions options, GpuProbe probe, TimeProvider time, ILogger<GpuAllocator> logger)
{
    // A healthy nvidia-smi takes up to half a second and rocm-smi starts Python, so they are not asked more often than anybody looks.
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);

    // Unless attempts share cards by what they are seen to hold.
    private static readonly TimeSpan MeasureEvery = TimeSpan.FromSeconds(1);

    private readonly Lock turn = new();
    private readonly GpuLeases leases = new();
    private readonly GpuSharing sharing = new();
    private readonly Dictionary<GpuLease, ActiveAttempt> sharers = [];
    private readonly Dictionary<int, IReadOnlyList<int>> cardsOfSlot = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int fractionsPerCard = 1;
    private int slots;

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
        while (await AskAsync(cancellation))
            await Task.Delay(Measures ? MeasureEvery : AskEvery, time, cancellation);
    }

    /// <summary>Waits for a lease; null when the attempt is to stop first.</summary>
    public async Task<GpuLease?> TakeAsync(ActiveAttempt attempt)
    {
        var job = attempt.Chunk.Job;
        Share(job);
        while (!attempt.Stopping.IsCancellationRequested)
        {
            Task next;
            lock (turn)
            {
                var request = job.SharesGpu ? sharing.Request(attempt.Chunk.Run) : new GpuRequest(job.Gpus);

                // An interpreter that stays cannot move to another card, and a new one would load its model anew.
                if (job.Warm == WarmMode.Keep)
                    request = request with { Preferred = cardsOfSlot.GetValueOrDefault(attempt.Slot) };
                if (leases.Take(request) is { } lease)
                {
                    cardsOfSlot[attempt.Slot] = lease.Indices;
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

    /// <summary>Ends a lease and learns from how its attempt ended.</summary>
    /// <returns>The report; one that ran out of the card's memory is named so, and costs no attempt where it was us who put too many on the card.</returns>
    public AttemptReport Return(GpuLease lease, AttemptReport report)
    {
        int together;
        lock (turn)
        {
            leases.Return(lease);
            sharers.Remove(lease);
            together = lease.Shares ? lease.Together : 1;
            if (lease.Shares && report.Outcome == AttemptOutcome.Succeeded)
                sharing.Succeeded(report.Run, leases.SmallestRoom);
            if (IsOutOfMemory(report) && together > 1)
                sharing.OutOfMemory(report.Run, together);
        }

        Resize();
        Wake();
        if (!IsOutOfMemory(report))
            return report;
        var card = $"GPU {lease.VisibleDevices} of {options.Host}";
        return together > 1
            ? report with { Outcome = AttemptOutcome.Released, ExitCode = null, Error = $"The memory of {card} ran out while {together} attempts shared it; fewer share it from now on." }
            : report with { Outcome = AttemptOutcome.OutOfMemory, Error = $"The memory of {card} ran out; let the program work in smaller batches, or use a larger card." };
    }

    private bool Measures
    {
        get
        {
            lock (turn)
                return sharers.Count > 0;
        }
    }

    private static bool IsOutOfMemory(AttemptReport report) => report.Outcome == AttemptOutcome.ExitCode && GpuMemoryText.SaysOutOfMemory(report.StderrTail);

    private async Task<bool> AskAsync(CancellationToken cancellation)
    {
        var seen = await probe.CardsAsync(cancellation);
        var processes = Measures ? await probe.ProcessesAsync(cancellation) : [];
        var ours = seen.Where(card => options.Gpus?.Contains(card.Index) ?? true).ToList();
        int before;
        lock (turn)
        {
            before = leases.Cards.Count();
            leases.Update(ours, Measure(ours, processes));
        }

        if (before != ours.Count)
            Cards(logger, ours.Count);
        Resize();
        Wake();
        return ours.Count > 0 || before > 0 || options.Gpus is not null;
    }

    // What our attempts hold of each card. Where the driver names no process of ours, what is held beyond other people's is shared out evenly.
    private Dictionary<int, long>? Measure(List<GpuCard> seen, IReadOnlyList<GpuProcess> processes)
    {
        var held = new Dictionary<int, long>();
        foreach (var (lease, attempt) in sharers)
        {
            var family = attempt.Process > 0 ? ProcFs.Family(attempt.Process) : [];
            foreach (var card in seen.Where(card => lease.Indices.Contains(card.Index)))
            {
                // Who shares has one card, so memory of which the driver does not say where it is, is there.
                var bytes = processes.Where(process => (process.Uuid is null || process.Uuid == card.Uuid) && family.Contains(process.Process)).Sum(process => process.MemoryBytes);
                held[card.Index] = held.GetValueOrDefault(card.Index) + bytes;
                sharing.Measured(attempt.Chunk.Run, bytes);
            }
        }

        if (held.Values.Any(bytes => bytes > 0))
            return held;
        foreach (var (lease, attempt) in sharers)
        {
            foreach (var card in seen.Where(card => lease.Indices.Contains(card.Index)))
                sharing.Measured(attempt.Chunk.Run, Math.Max(0, card.MemoryUsedBytes - leases.OthersOn(card.Index)) / Math.Max(1, leases.AttemptsOn(card.Index)));
        }

        return null;
    }

    // With attempts that take a part of a card, more of them fit; more slots are opened when the first such one is seen.
    private void Share(JobSpec job)
    {
        lock (turn)
        {
            if (job.Gpus is > 0 and < 1)
                fractionsPerCard = Math.Max(fractionsPerCard, (int)Math.Floor((1 / job.Gpus) + 1e-9));
        }

        Resize();
    }

    private void Resize()
    {
        int now;
        lock (turn)
        {
            now = leases.Cards.Count() * Math.Max(fractionsPerCard, sharing.MostAllowed);
            if (now == slots)
                return;
            slots = now;
        }

        SlotsChanged?.Invoke(now);
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
