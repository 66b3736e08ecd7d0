using System.Globalization;
using System.Net.Http.Headers;
using DistributedBatch.Consumer.Execution;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Consumer.Outputs;

/// <summary>
/// Takes what an attempt left on this host to the tracker, where a server was named; without one, outputs and logs stay here. What the user sent to a
/// directory of his own (<c>--out</c>) is on a shared disk already. Small logs travel in the report.
/// </summary>
internal sealed class OutputDelivery : IDisposable
{
    private readonly HttpClient? http;
    private readonly OutputUpload? upload;

    public OutputDelivery(ConsumerOptions options, TimeProvider time)
    {
        if (options.Server is not { } server)
            return;
        http = TrustedAuthorities.ClientOf(server, options.AuthorityFile);
        if (options.Token is { } token)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        upload = new OutputUpload(http, time);
    }

    /// <summary>Whether the report is to carry the logs, if an attempt wrote so many bytes of them.</summary>
    public bool LeavesToReport(long logBytes) => upload is not null && logBytes <= AttemptReport.MostLogBytes;

    /// <summary>Delivers, waiting for a server that is away; the report says so when the server will not have it.</summary>
    public async ValueTask<AttemptReport> DeliverAsync(ActiveAttempt attempt, JobTemplate plan, AttemptReport report)
    {
        if (upload is null || FilesOf(attempt, plan, report) is not { Count: > 0 } files)
            return report;
        try
        {
            if (await upload.SendAsync(report.Run, report.Index, report.Attempt, files, attempt.Stopping) is UploadOutcome.Refused refused)
                return report.Outcome == AttemptOutcome.Succeeded ? report with { Outcome = AttemptOutcome.ExitCode, Error = refused.Sentence } : report;
            Remove(files);
            return report;
        }
        catch (OperationCanceledException)
        {
            return report with { Outcome = attempt.StoppedFor, Error = attempt.StopReason };
        }
    }

    public void Dispose() => http?.Dispose();

    private static List<(string Name, string Path)> FilesOf(ActiveAttempt attempt, JobTemplate plan, AttemptReport report)
    {
        var files = new List<(string Name, string Path)>();
        var log = plan.LogOf(attempt.Chunk.Index, attempt.Number);
        if (report is { StdoutBytes: > 0, Stdout: null })
            files.Add(("logs/out", log + ".out"));
        if (report is { StderrBytes: > 0, Stderr: null })
            files.Add(("logs/err", log + ".err"));
        var outputs = Path.Combine(plan.OutputRoot, attempt.Chunk.Index.ToString(CultureInfo.InvariantCulture));
        if (report.Outcome == AttemptOutcome.Succeeded && plan.Job.OutputDirectory is null && Directory.Exists(outputs))
            files.Add(("out", outputs));
        return files;
    }

    private static void Remove(List<(string Name, string Path)> files)
    {
        foreach (var (_, path) in files)
        {
            try
            {
                if (Directory.Exists(path))
                    Directory.Delete(path, recursive: true);
                else
                    File.Delete(path);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // The tracker has them; what is left here costs space and nothing else.
            }
        }
    }
}
