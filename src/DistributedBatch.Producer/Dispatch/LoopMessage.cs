using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>What the feed loop is given to do. A closed family.</summary>
internal abstract record LoopMessage
{
    private LoopMessage()
    {
    }

    /// <summary>A fact about chunks; <paramref name="Kept"/> ends when it is committed.</summary>
    internal abstract record Fact(TaskCompletionSource Kept) : LoopMessage;

    /// <summary>Hosts said how attempts go.</summary>
    internal sealed record Reports(AttemptReports Message, TaskCompletionSource Kept) : Fact(Kept);

    /// <summary>A host keeps a chunk by its heartbeats.</summary>
    internal sealed record Lease(LeaseTaken Message, TaskCompletionSource Kept) : Fact(Kept);

    /// <summary>A chunk was put aside.</summary>
    internal sealed record Dead(ChunkDead Message, TaskCompletionSource Kept) : Fact(Kept);

    /// <summary>A host hands chunks back unseen.</summary>
    internal sealed record Returned(ChunksReturned Message, TaskCompletionSource Kept) : Fact(Kept);

    /// <summary>A host lives.</summary>
    internal sealed record Heartbeat(HostHeartbeat Message) : LoopMessage;

    /// <summary>Somebody wants something of a run and waits for the answer.</summary>
    internal abstract record Question(TaskCompletionSource<RunCommandResult> Answer) : LoopMessage;

    /// <summary>A run was submitted.</summary>
    internal sealed record Submit(RunSpec Spec, TaskCompletionSource<RunCommandResult> Answer) : Question(Answer);

    /// <summary>A run is to be steered.</summary>
    internal sealed record Change(RunId Run, RunAction Action, TaskCompletionSource<RunCommandResult> Answer) : Question(Answer);

    /// <summary>A settled run is to be dropped for good.</summary>
    internal sealed record Forget(RunId Run, TaskCompletionSource<RunCommandResult> Answer) : Question(Answer);

    /// <summary>Somebody waits for the end of a run.</summary>
    internal sealed record Watch(RunId Run, TaskCompletionSource<RunState> Settled) : LoopMessage;

    /// <summary>Somebody may have missed what was published of a run.</summary>
    internal sealed record AnnounceAgain(RunId Run, TaskCompletionSource<bool> Done) : LoopMessage;

    /// <summary>The queue confirmed a chunk, or did not.</summary>
    internal sealed record Confirm(RunId Run, int Index, int Attempt, string? Failure) : LoopMessage;

    /// <summary>A revision of a run was published.</summary>
    internal sealed record Announced(RunId Run, long Revision) : LoopMessage;

    /// <summary>The loop is to end when it has heard of every chunk it published.</summary>
    internal sealed record Stop : LoopMessage;

    /// <summary>Time has passed.</summary>
    internal sealed record Tick : LoopMessage
    {
        public static readonly Tick Instance = new();
    }
}
