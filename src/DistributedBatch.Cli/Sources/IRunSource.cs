using DistributedBatch.Contracts.Messages;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Sources;

/// <summary>The source of runs for the client commands: a state directory on this disk, or a server over HTTP.</summary>
internal interface IRunSource : IAsyncDisposable
{
    /// <summary>The directory or address, for messages.</summary>
    string Location { get; }

    /// <summary>The options that commands need to find this source, with a leading blank; empty when they find it without.</summary>
    string CommandOptions { get; }

    /// <summary>The run that an id, a prefix, a name or <c>last</c> selects.</summary>
    Task<RunSelector> FindAsync(string text, CancellationToken cancellation);

    /// <summary>A page of runs, newest first.</summary>
    Task<Page<RunView>> ListAsync(RunState? state, int limit, string? after, CancellationToken cancellation);

    /// <summary>One run; null when the source does not know it.</summary>
    Task<RunView?> ShowAsync(RunId run, CancellationToken cancellation);

    /// <summary>
    /// One run after <paramref name="pause"/>; a server answers earlier when the run is settled. Null when the source does not know the run, or when
    /// <paramref name="until"/> ended the wait.
    /// </summary>
    Task<RunView?> ShowAfterAsync(RunId run, TimeSpan pause, CancellationToken until);

    /// <summary>A page of the run's chunks, in the order of their numbers.</summary>
    Task<Page<ChunkView>?> ChunksAsync(RunId run, ChunkFilter filter, int limit, string? after, CancellationToken cancellation);

    /// <summary>One chunk; null when the run has no such chunk.</summary>
    Task<ChunkView?> ChunkAsync(RunId run, int index, CancellationToken cancellation);

    /// <summary>All attempts of a chunk.</summary>
    Task<IReadOnlyList<AttemptView>> AttemptsAsync(RunId run, int index, CancellationToken cancellation);

    /// <summary>The longest attempts of a run.</summary>
    Task<IReadOnlyList<AttemptView>> SlowestAsync(RunId run, int limit, CancellationToken cancellation);

    /// <summary>The failed attempts that started last, the latest first, also those whose chunk runs again.</summary>
    Task<IReadOnlyList<AttemptView>> FailedAttemptsAsync(RunId run, int limit, CancellationToken cancellation);

    /// <summary>The chunks' small results, in the order of the chunks.</summary>
    IAsyncEnumerable<RunResult> ResultsAsync(RunId run, CancellationToken cancellation);

    /// <summary>How many attempts ended in each interval of the run.</summary>
    Task<IReadOnlyList<TimelineBucket>> TimelineAsync(RunId run, CancellationToken cancellation);

    /// <summary>The reasons for the status of a run or chunk; null when the source does not know it.</summary>
    Task<Explanation?> ExplainAsync(RunId run, int? index, CancellationToken cancellation);

    /// <summary>All known hosts.</summary>
    Task<IReadOnlyList<HostView>> HostsAsync(CancellationToken cancellation);

    /// <summary>The status of the head's connection to the broker; null where there is no broker.</summary>
    Task<BrokerView?> BrokerAsync(CancellationToken cancellation);

    /// <summary>The bytes of a log; with <paramref name="follow"/> until its attempt has ended. Empty when the attempt wrote nothing.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> LogAsync(RunId run, int index, int attempt, LogStream stream, bool follow, CancellationToken cancellation);

    /// <summary>Cancels, pauses, resumes or retries a run.</summary>
    Task<RunCommandResult> ChangeAsync(RunId run, RunAction action, CancellationToken cancellation);

    /// <summary>Deletes settled runs with their logs and outputs; one answer for each run.</summary>
    Task<IReadOnlyList<RunCommandResult>> ForgetAsync(IReadOnlyList<RunId> runs, CancellationToken cancellation);

    /// <summary>Removes an offline host from the list of hosts; null when that is done, else the reason why not.</summary>
    Task<string?> ForgetHostAsync(string host, CancellationToken cancellation);
}
