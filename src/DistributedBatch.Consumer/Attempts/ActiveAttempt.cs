using System.Diagnostics.CodeAnalysis;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Messaging.Chunks;

namespace DistributedBatch.Consumer.Attempts;

/// <summary>
/// An attempt, from the delivery of its chunk until its report is handed over. Its slot runs it. Other threads may stop it, lease its chunk, report
/// its start and look at its process; none of that has an effect after <see cref="End"/>.
/// </summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "The source holds neither timer nor handle, and another thread may be cancelling it when the attempt ends.")]
internal sealed class ActiveAttempt(ChunkDelivery delivery, string host, int slot, DateTimeOffset startedAt, SlotScratch scratch)
{
    private readonly Lock gate = new();

    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource stoppingProgram = new();
    private volatile StopRequest? stopRequest;
    private bool onlyProgramStops;
    private bool programEnded;
    private volatile bool leased;
    private volatile bool silent;
    private bool startReported;
    private bool ended;

    public RunChunk Chunk => delivery.Chunk;

    public ChunkDelivery Delivery => delivery;

    public string Host => host;

    public int Slot => slot;

    public DateTimeOffset StartedAt => startedAt;

    /// <summary>Timestamp of its start. Ages are measured with it, because the time of day may be set.</summary>
    public required long StartedTimestamp { get; init; }

    public SlotScratch Scratch => scratch;

    /// <summary>Number of the attempt, from 1.</summary>
    public int Number => Chunk.Attempt;

    /// <summary>How many hosts were lost with the chunk so far.</summary>
    public int LostHosts => Chunk.LostHosts;

    /// <summary>Whether the chunk fails for good if this host is lost with it too.</summary>
    public bool IsLastChance => LostHosts > 0 && Chunk.CrashLimit <= 1;

    /// <summary>The process of its program.</summary>
    public ProgramProcess Process { get; } = new();

    /// <summary>Whether heartbeats keep the chunk and its delivery is acknowledged.</summary>
    public bool Leased => leased;

    /// <summary>
    /// Whether the producer may have dispatched the chunk again, because the broker took the delivery back or the host was silent for too long. The attempt goes on, but
    /// outputs that another attempt has stored meanwhile stay.
    /// </summary>
    public bool MayBeDuplicated => silent || delivery.Lost.IsCancellationRequested;

    /// <summary>The first request to stop; null when there was none.</summary>
    public StopRequest? StopRequest => stopRequest;

    /// <summary>Cancelled when it is to stop.</summary>
    public CancellationToken Stopping => stopping.Token;

    /// <summary>Cancelled when its program is to stop: with the attempt, or because it takes what others need.</summary>
    public CancellationToken StoppingProgram => stoppingProgram.Token;

    /// <summary>Asks it to stop. Does nothing after the first request, and when it has ended.</summary>
    public void Stop(AttemptOutcome outcome, string? reason = null)
    {
        lock (gate)
        {
            if (ended || (stopRequest is not null && !onlyProgramStops))
                return;
            stopRequest = new StopRequest(outcome, reason);
            onlyProgramStops = false;
        }

        // Outside of the lock, because it runs what waits for the tokens.
        stoppingProgram.Cancel();
        stopping.Cancel();
    }

    /// <summary>
    /// Asks its program to stop and frees what the program holds. False, and nothing happens, when the program has ended: what it wrote is stored and
    /// reported, however long that takes.
    /// </summary>
    public bool StopProgram(AttemptOutcome outcome, string reason)
    {
        lock (gate)
        {
            if (programEnded || stopRequest is not null)
                return false;
            stopRequest = new StopRequest(outcome, reason);
            onlyProgramStops = true;
        }

        stoppingProgram.Cancel();
        return true;
    }

    /// <summary>Its program has ended, and its files are stored next.</summary>
    public void ProgramEnded()
    {
        Process.Ended();
        lock (gate)
            programEnded = true;
    }

    /// <summary>Marks the chunk as leased; false when the attempt has ended.</summary>
    public bool Lease()
    {
        lock (gate)
            return !ended && (leased = true);
    }

    /// <summary>The host could not send heartbeats for so long that the producer may have taken a leased chunk for lost.</summary>
    public void RecordSilence() => silent |= leased;

    /// <summary>Calls <paramref name="report"/> once, unless the attempt has ended: a start must not be reported after the end.</summary>
    public void ReportStart(Action<AttemptReport> report)
    {
        lock (gate)
        {
            if (ended || startReported)
                return;
            startReported = true;
            report(StartReport());
        }
    }

    /// <summary>Marks it as ended.</summary>
    public void End()
    {
        lock (gate)
            ended = programEnded = true;
    }

    /// <summary>The report that it has started, which has no outcome yet.</summary>
    public AttemptReport StartReport() => new()
    {
        Run = Chunk.Run,
        Index = Chunk.Index,
        Start = Chunk.Start,
        Count = Chunk.Count,
        Attempt = Number,
        Host = Host,
        Slot = Slot,
        StartedAt = StartedAt,
    };

    /// <summary>The report that it ended.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="time">Clock. Its monotonic part counts, because the wall clock may have been set meanwhile.</param>
    /// <param name="error">Why, and what to do about it; null when nothing went wrong.</param>
    public AttemptReport EndReport(AttemptOutcome outcome, TimeProvider time, string? error = null) =>
        StartReport() with { Outcome = outcome, Duration = time.GetElapsedTime(StartedTimestamp), Error = error };
}
