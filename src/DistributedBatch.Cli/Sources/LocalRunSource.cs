using System.Runtime.CompilerServices;
using DistributedBatch.Cli.Hosting;
using DistributedBatch.Cli.State;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Retention;
using DistributedBatch.Tracker.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace DistributedBatch.Cli.Sources;

/// <summary>The runs in a state directory of <c>dbatch run</c>, read in place, also while a run is writing there.</summary>
internal sealed class LocalRunSource(TrackerDatabase database) : IRunSource
{
    private const int ReadSize = 256 * 1024;

    private readonly RunQueries queries = new(database, TimeProvider.System);
    private readonly LogFiles logs = new(database.DataDirectory);

    /// <inheritdoc/>
    public string Location => database.DataDirectory;

    /// <inheritdoc/>
    public string CommandOptions => StateDirectory.CommandOption(database.DataDirectory);

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
    public Task<IReadOnlyList<AttemptView>> FailedAttemptsAsync(RunId run, int limit, CancellationToken cancellation) =>
        queries.FailedAttemptsAsync(run, limit, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<RunResult> ResultsAsync(RunId run, CancellationToken cancellation) => queries.ResultsAsync(run, cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TimelineBucket>> TimelineAsync(RunId run, CancellationToken cancellation) =>
        await queries.TimelineAsync(run, cancellation: cancellation) ?? [];

    /// <inheritdoc/>
    public Task<Explanation?> ExplainAsync(RunId run, int? index, CancellationToken cancellation) => queries.ExplainAsync(run, index, cancellation: cancellation);

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
            await foreach (var bytes in LogTail
                .FollowAsync(path, 0, stop => HasEndedAsync(run, index, attempt, stop), TimeProvider.System, cancellation))
                yield return bytes;
            yield break;
        }

        for (var offset = 0L; File.Exists(path);)
        {
            var bytes = await LogTail.RangeAsync(path, offset, ReadSize, cancellation);
            if (bytes.Length == 0)
                break;
            offset += bytes.Length;
            yield return bytes;
        }
    }

    /// <inheritdoc/>
    public Task<RunCommandResult> ChangeAsync(RunId run, RunAction action, CancellationToken cancellation) =>
        LocalRunControl.ChangeAsync(database.DataDirectory, run, action, () => ShowAsync(run, cancellation), cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunCommandResult>> ForgetAsync(IReadOnlyList<RunId> runs, CancellationToken cancellation)
    {
        // The ledger and the tracker's database have one writer each, so this process must hold the directory.
        using var state = StateDirectory.Open(database.DataDirectory, out var mistake);
        if (state is null)
            return [.. runs.Select(_ => RunCommandResult.Refused(mistake!))];
        using var host = EmbeddedHost.BuildIdle(state.Path);
        await host.StartAsync(cancellation);
        var remover = host.Services.GetRequiredService<RunRemover>();
        var answers = new List<RunCommandResult>(runs.Count);
        foreach (var run in runs)
            answers.Add(await remover.ForgetAsync(run, cancellation));
        await remover.CleanAsync(cancellation);
        await host.StopAsync(CancellationToken.None);
        return answers;
    }

    /// <inheritdoc/>
    public Task<string?> ForgetHostAsync(string host, CancellationToken cancellation) =>
        Task.FromResult<string?>($"{Location} belongs to 'dbatch run', whose only host is this machine. Name the server of a lab with --server URL.");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();

    private async Task<bool> HasEndedAsync(RunId run, int index, int attempt, CancellationToken cancellation) =>
        (await queries.ChunkAsync(run, index, cancellation))?.State.IsFinal() == true
        || (await queries.AttemptsAsync(run, index, cancellation)).Any(view => view.Attempt == attempt && view.Outcome is not null);
}
