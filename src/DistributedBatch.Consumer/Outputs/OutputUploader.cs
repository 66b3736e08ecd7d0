using System.Globalization;
using System.Net.Http.Headers;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Jobs;
using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Consumer.Outputs;

/// <summary>
/// Uploads the outputs and logs of an attempt to the tracker, where a server is named; without one they stay on this host. Outputs in a directory
/// that the user named (<c>--out</c>) stay too, because it is on a shared disk. Small logs travel in the report.
/// </summary>
internal sealed class OutputUploader : IDisposable
{
    private readonly HttpClient? http;
    private readonly OutputClient? client;

    public OutputUploader(OutputServerOptions options, TimeProvider time)
    {
        if (options.Server is not { } server)
            return;
        http = TrustedAuthorities.ClientOf(server, options.AuthorityFile);
        if (options.Token is { } token)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        client = new OutputClient(http, time);
    }

    /// <summary>Whether logs of <paramref name="logBytes"/> travel in the report.</summary>
    public bool PutsInReport(long logBytes) => client is not null && logBytes <= AttemptReport.MostLogBytes;

    /// <summary>Uploads the files. Waits while the server cannot be reached; when the server refuses them, the report that it gives says why.</summary>
    public async ValueTask<AttemptReport> UploadAsync(ActiveAttempt attempt, JobTemplate template, AttemptReport report)
    {
        if (client is null || FilesOf(attempt, template, report) is not { Count: > 0 } files)
            return report;
        try
        {
            if (await client.SendAsync(report.Run, report.Index, report.Attempt, files, attempt.Stopping) is UploadResult.Refused refused)
                return report.Outcome == AttemptOutcome.Succeeded ? report with { Outcome = AttemptOutcome.ExitCode, Error = refused.Sentence } : report;
            Remove(files);
            return report;
        }
        catch (OperationCanceledException)
        {
            return report with { Outcome = attempt.StopRequest?.Outcome ?? AttemptOutcome.Released, Error = attempt.StopRequest?.Reason };
        }
    }

    public void Dispose() => http?.Dispose();

    private static List<(string Name, string Path)> FilesOf(ActiveAttempt attempt, JobTemplate template, AttemptReport report)
    {
        var files = new List<(string Name, string Path)>();
        var log = template.LogOf(attempt.Chunk.Index, attempt.Number);
        if (report is { StdoutBytes: > 0, Stdout: null })
            files.Add(("logs/out", log + ".out"));
        if (report is { StderrBytes: > 0, Stderr: null })
            files.Add(("logs/err", log + ".err"));
        var outputs = Path.Combine(template.OutputRoot, attempt.Chunk.Index.ToString(CultureInfo.InvariantCulture));
        if (report.Outcome == AttemptOutcome.Succeeded && template.Job.OutputDirectory is null && Directory.Exists(outputs))
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
                // The tracker has the files. The copy here only takes space.
            }
        }
    }
}
