using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;

namespace DistributedBatch.Consumer.Outputs;

/// <summary>
/// Brings an attempt's outputs and logs to the tracker of a lab without a shared disk, as one tar archive that is written while it is sent. A tracker
/// that is away is waited for: the attempt is not reported before its outputs are safe.
/// </summary>
/// <param name="http">Client with the server's address as base and the host's token as authorization.</param>
/// <param name="time">The clock, for the pauses between tries.</param>
internal sealed class OutputUpload(HttpClient http, TimeProvider time)
{
    // The first chunk of a run may have ended before the tracker has heard of the run.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Sends what there is; tries until the tracker has answered.</summary>
    /// <param name="run">The run.</param>
    /// <param name="index">Number of the chunk.</param>
    /// <param name="attempt">Number of the attempt.</param>
    /// <param name="files">Names in the archive and the files or directories behind them.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<UploadOutcome> SendAsync(
        RunId run, int index, int attempt, IReadOnlyList<(string Name, string Path)> files, CancellationToken cancellation)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            if (await TryAsync($"api/runs/{run}/chunks/{index}/attempts/{attempt}/outputs", files, cancellation) is { } outcome)
                return outcome;
            await Task.Delay(pause, time, cancellation);
        }
    }

    private async Task<UploadOutcome?> TryAsync(string address, IReadOnlyList<(string Name, string Path)> files, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = Archive(files) };
            using var response = await http.SendAsync(request, cancellation);
            return response.StatusCode switch
            {
                _ when response.IsSuccessStatusCode => new UploadOutcome.Stored(),
                HttpStatusCode.Conflict => new UploadOutcome.Stored(),
                HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity => new UploadOutcome.Refused(
                    $"The server would not store the outputs ({(int)response.StatusCode}): {await response.Content.ReadAsStringAsync(cancellation)}"),
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new UploadOutcome.Refused(
                    $"The server at {http.BaseAddress} does not accept this host's token; set DBATCH_TOKEN or DBATCH_TOKEN_FILE for the consumer."),
                // The run is not known there yet (its tracker is catching up), or the server is ill: both pass.
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
