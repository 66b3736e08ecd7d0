using DistributedBatch.Storage.Connections;
using DistributedBatch.Tracker.Outputs;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Projection;

/// <summary>Publishes uploaded outputs when the report of their attempt arrives, so that result and outputs of a chunk are of one attempt: the first that succeeded.</summary>
internal sealed class OutputPublisher(OutputStore outputs, HostTokens tokens, TrackerDatabase database)
{
    private const string SelectWinner = """
        SELECT attempt FROM attempts
        WHERE run_no = (SELECT run_no FROM runs WHERE run = $1) AND idx = $2 AND outcome = 'succeeded' AND duplicate = 0
        """;

    /// <summary>
    /// Publishes the logs of ended attempts and the outputs of successes that are about to be committed, and discards the outputs of duplicates. What a token uploaded that may
    /// not speak for the attempt's host is discarded too.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="reports">Reports of the run, in the order in which they are committed.</param>
    /// <param name="cancellation">Ends the reading of the database.</param>
    /// <exception cref="IOException">The directory of the run cannot be written.</exception>
    public async Task PublishAsync(RunId run, IReadOnlyList<AttemptReport> reports, CancellationToken cancellation)
    {
        var uploads = outputs.Uploads(run);
        if (uploads.Count == 0)
            return;
        foreach (var report in reports.Where(report => report.Outcome is not null && uploads.Contains(report.Index)))
        {
            foreach (var upload in uploads[report.Index].Where(upload => upload.Attempt == report.Attempt))
            {
                if (!await tokens.MaySpeakForAsync(upload.Token, report.Host, cancellation))
                    outputs.Discard(run, upload);
                else if (report.Outcome != AttemptOutcome.HostLost)
                    outputs.PublishLogs(run, upload);
            }
        }

        var successes = reports.Where(report => report.Outcome == AttemptOutcome.Succeeded && uploads.Contains(report.Index));
        foreach (var first in successes.DistinctBy(report => report.Index))
            await PublishAsync(first, [.. uploads[first.Index]], cancellation);
    }

    private async Task PublishAsync(AttemptReport first, IReadOnlyList<Upload> uploads, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var known = await connection.ListAsync(SelectWinner, row => (int)row.GetInt64(0), cancellation, first.Run.Value, first.Index);
        var winner = known is [var earlier] ? earlier : first.Attempt;
        foreach (var upload in uploads)
        {
            if (upload.Attempt == winner)
                outputs.Publish(first.Run, upload);
            else
                outputs.DiscardOutputs(first.Run, upload);
        }
    }
}
