using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Projection;

/// <summary>
/// Writes what belongs to attempts beside the database: small logs that came in the report, and outputs that were uploaded before it. A run whose directory cannot be
/// written does not stop the others: its rows are committed, and its files are tried again.
/// </summary>
internal sealed partial class AttemptFileWriter(LogFiles logs, OutputPublisher outputs, TimeProvider time, ILogger<AttemptFileWriter> log)
{
    /// <summary>The most reports whose files wait for another try; each has at most <see cref="AttemptReport.MostLogBytes"/> of logs.</summary>
    private const int MaxPostponed = 10_000;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(10);

    private readonly Dictionary<RunId, List<AttemptReport>> postponed = [];
    private long lastTry;
    private volatile string? problem;

    /// <summary>Why files of attempts could not be written; null when all are.</summary>
    public string? Problem => problem;

    /// <summary>Writes the files of a batch that is about to be committed, so that every visible attempt has its files.</summary>
    public async Task WriteAsync(ProjectionBatch batch, CancellationToken cancellation)
    {
        if (postponed.Count > 0 && time.GetElapsedTime(lastTry) > RetryInterval)
            await RetryAsync(cancellation);
        foreach (var run in batch.Attempts.Values.GroupBy(report => report.Run))
            await WriteAsync(run.Key, [.. run], cancellation);
    }

    private async Task RetryAsync(CancellationToken cancellation)
    {
        var again = postponed.ToList();
        postponed.Clear();
        problem = null;
        foreach (var (run, reports) in again)
            await WriteAsync(run, reports, cancellation);
    }

    private async Task WriteAsync(RunId run, IReadOnlyList<AttemptReport> reports, CancellationToken cancellation)
    {
        try
        {
            foreach (var report in reports)
            {
                Write(report, LogStream.Out, report.Stdout);
                Write(report, LogStream.Err, report.Stderr);
            }

            await outputs.PublishAsync(run, reports, cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Postpone(run, reports, failure.Message);
        }
    }

    private void Write(AttemptReport report, LogStream stream, byte[]? content)
    {
        if (content is { Length: > 0 and <= AttemptReport.MostLogBytes })
            logs.Write(report.Run, report.Index, report.Attempt, stream, content);
    }

    private void Postpone(RunId run, IReadOnlyList<AttemptReport> reports, string reason)
    {
        if (!postponed.TryGetValue(run, out var waiting))
            postponed.Add(run, waiting = []);
        if (problem is null)
        {
            problem = $"logs and outputs of run {run} cannot be written: {reason}";
            lastTry = time.GetTimestamp();
            LogNotWritten(run, RetryInterval, reason);
        }

        if (postponed.Values.Sum(list => list.Count) + reports.Count <= MaxPostponed)
            waiting.AddRange(reports);
        else
            LogGivenUp(run, reports.Count);
    }

    [LoggerMessage(EventId = 3004, Level = LogLevel.Error,
        Message = "Logs and outputs of run {Run} cannot be written; the tracker tries again every {Interval}. {Reason}")]
    private partial void LogNotWritten(RunId run, TimeSpan interval, string reason);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Error,
        Message = "Too many attempts of run {Run} wait for their logs to be written; the logs of {Attempts} attempts are dropped. Their outcomes and results are stored.")]
    private partial void LogGivenUp(RunId run, int attempts);
}
