using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;

namespace DistributedBatch.Consumer.Outputs;

/// <summary>
/// Sends an attempt's outputs and logs to the tracker, as one tar archive that is written while it is sent. Retries until the tracker answers,
/// because an attempt is not reported before its outputs are stored.
/// </summary>
/// <param name="http">Client with the server's base address and the host's token.</param>
/// <param name="time">Clock for the delays between tries.</param>
internal sealed class OutputClient(HttpClient http, TimeProvider time)
{
    // The first chunk of a run may end before the tracker knows the run.
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);

    /// <summary>Sends the files; tries until the tracker answers.</summary>
    /// <param name="run">The run.</param>
    /// <param name="index">Number of the chunk.</param>
    /// <param name="attempt">Number of the attempt.</param>
    /// <param name="files">Names in the archive, each with its file or directory.</param>
    /// <param name="cancellation">Ends the tries.</param>
    public async Task<UploadResult> SendAsync(
        RunId run, int index, int attempt, IReadOnlyList<(string Name, string Path)> files, CancellationToken cancellation)
    {
        for (var delay = FirstDelay; ; delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay)
        {
            if (await TryAsync($"api/runs/{run}/chunks/{index}/attempts/{attempt}/outputs", files, cancellation) is { } outcome)
                return outcome;
            await Task.Delay(delay, time, cancellation);
        }
    }

    private async Task<UploadResult?> TryAsync(string address, IReadOnlyList<(string Name, string Path)> files, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = Archive(files) };
            using var response = await http.SendAsync(request, cancellation);
            return response.StatusCode switch
            {
                _ when response.IsSuccessStatusCode => new UploadResult.Stored(),
                HttpStatusCode.Conflict => new UploadResult.Stored(),
                HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity => new UploadResult.Refused(
                    $"The server would not store the outputs ({(int)response.StatusCode}): {await response.Content.ReadAsStringAsync(cancellation)}"),
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new UploadResult.Refused(
                    $"The server at {http.BaseAddress} does not accept this host's token; set DBATCH_TOKEN or DBATCH_TOKEN_FILE for the consumer."),
                // The tracker does not know the run yet, or has an error of its own. Both end by themselves.
                _ => null,
            };
        }
        catch (HttpRequestException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private static ArchiveContent Archive(IReadOnlyList<(string Name, string Path)> files) => new(files)
    {
        Headers = { ContentType = new MediaTypeHeaderValue("application/x-tar") },
    };

    private sealed class ArchiveContent(IReadOnlyList<(string Name, string Path)> files) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await using var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true);
            foreach (var (name, path) in files)
                await WriteAsync(tar, name, path, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        private static async Task WriteAsync(TarWriter tar, string name, string path, CancellationToken cancellation)
        {
            if (File.Exists(path))
            {
                await tar.WriteEntryAsync(path, name, cancellation);
                return;
            }

            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, $"{name}/"), cancellation);
            foreach (var entry in Directory.EnumerateFileSystemEntries(path).Order(StringComparer.Ordinal))
                await WriteAsync(tar, $"{name}/{Path.GetFileName(entry)}", entry, cancellation);
        }
    }
}
