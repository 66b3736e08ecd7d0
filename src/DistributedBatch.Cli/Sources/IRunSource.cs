using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Sources;

/// <summary>Where the reading commands ask: the state directory on this disk, or a server over HTTP.</summary>
internal interface IRunSource : IAsyncDisposable
{
    /// <summary>How to say where it is.</summary>
    string Place { get; }

    /// <summary>The run somebody means by an id, a prefix, a name or <c>last</c>.</summary>
    Task<RunSelector> FindAsync(string text, CancellationToken cancellation);

    /// <summary>Runs, newest first.</summary>
    Task<Page<RunView>> ListAsync(RunState? state, int limit, string? after, CancellationToken cancellation);

    /// <summary>One run; null when it is not known there.</summary>
    Task<RunView?> ShowAsync(RunId run, CancellationToken cancellation);

    /// <summary>The same after <paramref name="pause"/>, or as soon as the run is settled where that can be heard; null also when <paramref name="until"/> ended it.</summary>
    Task<RunView?> ShowAfterAsync(RunId run, TimeSpan pause, CancellationToken until);

    /// <summary>Chunks of a run by number.</summary>
    Task<Page<ChunkView>?> ChunksAsync(RunId run, ChunkFilter filter, int limit, string? after, CancellationToken cancellation);

    /// <summary>One chunk; null when there is no such chunk.</summary>
    Task<ChunkView?> ChunkAsync(RunId run, int index, CancellationToken cancellation);

    /// <summary>All attempts of a chunk.</summary>
    Task<IReadOnlyList<AttemptView>> AttemptsAsync(RunId run, int index, CancellationToken cancellation);

    /// <summary>The attempts that took longest.</summary>
    Task<IReadOnlyList<AttemptView>> SlowestAsync(RunId run, int limit, CancellationToken cancellation);

    /// <summary>The small results in the order of the chunks.</summary>
    IAsyncEnumerable<RunResult> ResultsAsync(RunId run, CancellationToken cancellation);

    /// <summary>What ended when.</summary>
    Task<IReadOnlyList<TimelineBucket>> TimelineAsync(RunId run, CancellationToken cancellation);

    /// <summary>Why a run or chunk stands where it stands; null when there is no such run or chunk.</summary>
    Task<Explanation?> ExplainAsync(RunId run, int? index, CancellationToken cancellation);

    /// <summary>Every host heard of.</summary>
    Task<IReadOnlyList<HostView>> HostsAsync(CancellationToken cancellation);

    /// <summary>How the head stands with the broker; null where there is no broker.</summary>
    Task<BrokerView?> BrokerAsync(CancellationToken cancellation);

    /// <summary>The pieces of a log; with <paramref name="follow"/> until its attempt has ended. Nothing when the attempt wrote none.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> LogAsync(RunId run, int index, int attempt, LogStream stream, bool follow, CancellationToken cancellation);

    /// <summary>Steers a run.</summary>
    Task<RunCommandResult> ChangeAsync(RunId run, RunAction action, CancellationToken cancellation);

    /// <summary>Forgets settled runs with all they left, for good; an answer for each.</summary>
    Task<IReadOnlyList<RunCommandResult>> ForgetAsync(IReadOnlyList<RunId> runs, CancellationToken cancellation);
}
