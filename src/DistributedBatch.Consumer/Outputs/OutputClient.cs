using System.Net;

namespace DistributedBatch.Consumer.Outputs;

/// <summary>
/// Sends an attempt's outputs and logs to the tracker, as one tar archive that is written while it is sent. Retries while the tracker cannot be
/// reached, because an attempt is not reported before its outputs are stored.
/// </summary>
/// <param name="http">Client with the server's base address and the host's token.</param>
/// <param name="time">Clock for the delays between tries.</param>
internal sealed class OutputClient(HttpClient http, TimeProvider time)
{
    // The first chunk of a run may end before the tracker knows the run.
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);

    // A tracker that still does not know the run after this time will never know it.
    private static readonly TimeSpan UnknownRunLimit = TimeSpan.FromMinutes(10);

    // A server that takes the connection and then hangs. The bytes per second are those of a slow line.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(5);
    private const long SlowestBytesPerSecond = 20_000;

    /// <summary>Sends the files; tries until the tracker has stored or refused them.</summary>
    /// <param name="run">The run.</param>
    /// <param name="index">Number of the chunk.</param>
    /// <param name="attempt">Number of the attempt.</param>
    /// <param name="files">Names in the archive, each with its file or directory.</param>
    /// <param name="failed">Called with the cause after each try that failed.</param>
    /// <param name="cancellation">Ends the tries.</param>
    public async Task<UploadResult> SendAsync(
        RunId run, int index, int attempt, IReadOnlyList<(string Name, string Path)> files, Action<string> failed, CancellationToken cancellation)
    {
        var limit = AnswerLimit + TimeSpan.FromSeconds(files.Sum(file => SizeOf(file.Path)) / SlowestBytesPerSecond);
        var from = time.GetTimestamp();
        for (var delay = FirstDelay; ; delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay)
        {
            switch (await TryAsync($"api/runs/{run}/chunks/{index}/attempts/{attempt}/outputs", files, limit, cancellation))
            {
                case UploadResult.Failed { IsUnknownRun: true } unknown when time.GetElapsedTime(from) > UnknownRunLimit:
                    return new UploadResult.Refused($"{unknown.Cause} Was the run removed there? If not, start it again.");
                case UploadResult.Failed failure:
                    failed(failure.Cause);
                    break;
                case var end:
                    return end;
            }

            await Task.Delay(delay, time, cancellation);
        }
    }

    private async Task<UploadResult> TryAsync(string address, IReadOnlyList<(string Name, string Path)> files, TimeSpan limit, CancellationToken cancellation)
    {
        using var archive = new ArchiveContent(files);
        using var trying = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        trying.CancelAfter(limit);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = archive };
            using var response = await http.SendAsync(request, trying.Token);
            return response.StatusCode switch
            {
                _ when response.IsSuccessStatusCode => new UploadResult.Stored(),
                HttpStatusCode.Conflict => new UploadResult.Stored(),
                HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity => new UploadResult.Refused(
                    $"The server would not store the outputs ({(int)response.StatusCode}): {await response.Content.ReadAsStringAsync(trying.Token)}"),
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new UploadResult.Refused(
                    $"The server at {http.BaseAddress} does not accept this host's token; set DBATCH_TOKEN or DBATCH_TOKEN_FILE for the consumer."),
                HttpStatusCode.NotFound => new UploadResult.Failed($"The server at {http.BaseAddress} does not know the run.", IsUnknownRun: true),
                var status => new UploadResult.Failed($"The server at {http.BaseAddress} answered {(int)status}."),
            };
        }
        catch (Exception) when (archive.Unreadable is not null)
        {
            return new UploadResult.Refused($"The outputs could not be read: {archive.Unreadable.Message}");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return new UploadResult.Failed(failure.GetBaseException().Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new UploadResult.Failed($"The server at {http.BaseAddress} did not answer within {limit.TotalMinutes:0} min.");
        }
    }

    private static long SizeOf(string path)
    {
        try
        {
            return Directory.Exists(path)
                ? new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)
                : new FileInfo(path).Length;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0; // The upload meets the same failure and reports it.
        }
    }
}
