using System.Runtime.CompilerServices;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Cli.Sources;

/// <summary>The state directory of <c>dbatch run</c>, read in place, also while a run is writing to it.</summary>
internal sealed class LocalRunSource(TrackerDatabase database) : IRunSource
{
    private const int PieceSize = 256 * 1024;

    private readonly RunQueries queries = new(database, TimeProvider.System);
    private readonly LogFiles logs = new(database.DataDirectory);

    /// <inheritdoc/>
    public string Place => database.DataDirectory;

    /// <inheritdoc/>
    public Task<RunSelector> FindAsync(string text, CancellationToken cancellation) => queries.FindAsync(text, cancellation);

    /// <inheritdoc/>
    public Task<Page<RunView>> ListAsync(RunState? state, int limit, string? after, CancellationToken cancellation) =>
        queries.ListAsync(state, limit, after, cancellation);

    /// <inheritdoc/>
    public Task<RunView?> ShowAsync(RunId run, CancellationToken cancellation) => queries.ShowAsync(run, cancellation);

    /// <inheritdoc/>
    public async Task<RunView?> ShowAfterAsync(RunId run, TimeSpan pause, CancellationToken until)
    {
        await Task.Delay(pause, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return until.IsCancellationRequested ? null : await queries.ShowAsync(run, CancellationToken.None);
    }

    /// <inheritdoc/>
    public Task<Page<ChunkView>?> ChunksAsync(RunId run, ChunkFilter filter, int limit, string? after, CancellationToken cancellation) =>
        queries.ChunksAsync(run, filter, limit, after, cancellation);

    /// <inheritdoc/>
    public Task<ChunkView?> ChunkAsync(RunId run, int index, CancellationToken cancellation) => queries.ChunkAsync(run, index, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<AttemptView>> AttemptsAsync(RunId run, int index, CancellationToken cancellation) =>
        queries.AttemptsAsync(run, index, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<AttemptView>> SlowestAsync(RunId run, int limit, CancellationToken cancellation) =>
        queries.SlowestAsync(run, limit, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<RunResult> ResultsAsync(RunId run, CancellationToken cancellation) => queries.ResultsAsync(run, cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TimelineBucket>> TimelineAsync(RunId run, CancellationToken cancellation) =>
        await queries.TimelineAsync(run, cancellation: cancellation) ?? [];

    /// <inheritdoc/>
    public Task<Explanation?> ExplainAsync(RunId run, int? index, CancellationToken cancellation) => queries.ExplainAsync(run, index, broker: null, cancellation);

    /// <inheritdoc/>
    public Task<BrokerView?> BrokerAsync(CancellationToken cancellation) => Task.FromResult<BrokerView?>(null);

    /// <inheritdoc/>
    public Task<IReadOnlyList<HostView>> HostsAsync(CancellationToken cancellation) => queries.HostsAsync(cancellation);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> LogAsync(
        RunId run, int index, int attempt, LogStream stream, bool follow, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var path = logs.PathOf(run, index, attempt, stream);
        if (follow)
        {
            await foreach (var piece in LogTail
                .FollowAsync(path, 0, stop => HasEndedAsync(run, index, attempt, stop), TimeProvider.System, cancellation))
                yield return piece;
            yield break;
        }

        for (var offset = 0L; File.Exists(path);)
        {
            var piece = await LogTail.RangeAsync(path, offset, PieceSize, cancellation);
            if (piece.Length == 0)
                break;
            offset += piece.Length;
            yield return piece;
        }
    }

    /// <inheritdoc/>
    public Task<RunCommandResult> ChangeAsync(RunId run, RunAction action, CancellationToken cancellation) =>
        LocalRunControl.ChangeAsync(database.DataDirectory, run, action, () => ShowAsync(run, cancellation), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunCommandResult>> ForgetAsync(IReadOnlyList<RunId> runs, CancellationToken cancellation) =>
        LocalPruning.ForgetAsync(database.DataDirectory, runs, cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();

    private async Task<bool> HasEndedAsync(RunId run, int index, int attempt, CancellationToken cancellation) =>
        (await queries.ChunkAsync(run, index, cancellation))?.State.IsFinal() == true
        || (await queries.AttemptsAsync(run, index, cancellation)).Any(view => view.Attempt == attempt && view.Outcome is not null);
}
