using DistributedBatch.Contracts.Text;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Outbox;
using DistributedBatch.Producer.Planning;
using DistributedBatch.Producer.Runs;

namespace DistributedBatch.Producer.Handlers;

/// <summary>A user submits a run: it is accepted, or refused with every mistake at once.</summary>
internal sealed partial class SubmitRunHandler(RunRegistry runs, OutboxPublisher outbox, IChunkPublisher publisher, ILogger<SubmitRunHandler> log) : LoopHandler<SubmitRun>
{
    /// <inheritdoc/>
    protected override async ValueTask<object?> HandleAsync(SubmitRun message, DateTimeOffset now, CancellationToken cancellation)
    {
        var spec = message.Spec;

        // A client that did not get the answer asks again with the same id.
        if (spec.Id is { } chosen && runs.Overviews.ContainsKey(chosen))
            return RunCommandResult.Done(chosen);
        List<string> mistakes = [.. RunSpecCheck.Mistakes(spec)];
        if (runs.Overviews.Values.FirstOrDefault(run => !run.IsSettled && run.Name == spec.Name) is { } same)
        {
            mistakes.Add(
                $"The name '{spec.Name}' belongs to run {same.Run}, which is not settled; choose another name, or resume or cancel that run.");
        }

        if (mistakes.Count == 0 && spec.Job.OutputDirectory is { } outputs && runs.Active.FirstOrDefault(run => run.Spec.Job.OutputDirectory == outputs && !run.Overview().IsSettled) is { } writer)
            mistakes.Add($"Run {writer.Id} writes its outputs to {outputs} and is not settled; choose another directory with --out, or wait for that run.");
        if (publisher.MaxChunkBytes is { } limit && mistakes.Count == 0 && ChunkBytes.FirstOver(limit, spec.Dataset, spec.ChunkSize) is var (index, bytes))
        {
            mistakes.Add(
                $"Chunk {index} would carry {bytes / 1e6:0.0} MB of items and the broker takes up to {limit / 1e6:0.0} MB. Use smaller chunks (--chunk), or items that are paths of files.");
        }

        if (mistakes.Count > 0)
            return RunCommandResult.Refused(mistakes);
        spec = spec with { TraceParent = TraceContext.Checked(spec.TraceParent) };
        using var trace = RunTrace.Submit(spec);
        var run = await runs.AddAsync(spec with { TraceParent = trace?.Id ?? spec.TraceParent }, now, cancellation);
        trace?.SetTag("dbatch.run", run.Id.Value);
        LogAccepted(run.Id, spec.Name, run.Ledger.Counts.Total, spec.Dataset.Total - spec.Dataset.First);
        await outbox.PublishAsync(new RunSubmitted(run.Id, run.SubmittedAt, RunSummarySpec.From(spec)), cancellation);
        return RunCommandResult.Done(run.Id);
    }

    [LoggerMessage(2000, LogLevel.Information, "Run {Run} ({Name}) accepted: {Chunks} chunks over {Items} items.")]
    private partial void LogAccepted(RunId run, string name, int chunks, long items);
}
