using System.Globalization;
using System.Net.Http.Headers;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Messaging.Connections;

namespace DistributedBatch.Consumer.Outputs;

/// <summary>
/// Uploads the outputs and logs of an attempt to the tracker, where a server is named; without one they stay on this host. Small logs travel in the
/// report.
/// </summary>
internal sealed class OutputUploader : IDisposable
{
    // Shorter outages are normal: a tracker restarts.
    private static readonly TimeSpan TroubleAfter = TimeSpan.FromSeconds(10);

    private readonly HttpClient? http;
    private readonly OutputClient? client;
    private readonly HostTroubles troubles;
    private readonly TimeProvider time;

    public OutputUploader(OutputServerOptions options, HostTroubles troubles, TimeProvider time)
    {
        (this.troubles, this.time) = (troubles, time);
        if (options.Server is not { } server)
            return;
        http = TrustedAuthorities.ClientOf(server, options.AuthorityFile);
        if (options.Token is { } token)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        client = new OutputClient(http, time);
    }

    /// <summary>Whether a server takes the outputs and logs.</summary>
    public bool HasServer => client is not null;

    /// <summary>Whether logs of <paramref name="logBytes"/> travel in the report.</summary>
    public bool PutsInReport(long logBytes) => client is not null && logBytes <= AttemptReport.MostLogBytes;

    /// <summary>Uploads the files. Waits while the server cannot be reached; when the server refuses them, the report that it gives says why.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="files">Names in the archive, each with its file or directory.</param>
    /// <param name="report">The report of the attempt.</param>
    public async Task<AttemptReport> UploadAsync(ActiveAttempt attempt, IReadOnlyList<(string Name, string Path)> files, AttemptReport report)
    {
        var duty = string.Create(CultureInfo.InvariantCulture, $"upload of chunk {report.Index} of run {report.Run}");
        var from = time.GetTimestamp();
        try
        {
            var result = await client!.SendAsync(report.Run, report.Index, report.Attempt, files, Failed, attempt.Stopping);
            return result is UploadResult.Refused refused && report.Outcome == AttemptOutcome.Succeeded
                ? report with { Outcome = AttemptOutcome.ExitCode, Error = refused.Sentence }
                : report;
        }
        catch (OperationCanceledException)
        {
            return report with { Outcome = attempt.StopRequest?.Outcome ?? AttemptOutcome.Released, Error = attempt.StopRequest?.Reason };
        }
        finally
        {
            troubles.Resolve(duty);
        }

        void Failed(string cause)
        {
            if (time.GetElapsedTime(from) > TroubleAfter)
                troubles.Report(duty, $"the outputs of chunk {report.Index} of run {report.Run} cannot be uploaded, and its slot waits for that: {cause.TrimEnd('.')}; the upload is tried again");
        }
    }

    public void Dispose() => http?.Dispose();
}
