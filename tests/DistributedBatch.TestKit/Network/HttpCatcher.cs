using System.Collections.Concurrent;
using System.Net;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.TestKit.Network;

/// <summary>An HTTP server that answers everything alike and keeps what it was sent: a webhook, or whatever else a program speaks to.</summary>
public sealed class HttpCatcher : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly ConcurrentQueue<CaughtRequest> caught = new();

    /// <summary>Begins to listen on a free port of this machine.</summary>
    public HttpCatcher()
    {
        Port = FreePort.Next();
        listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        listener.Start();
        _ = ListenAsync();
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Its address.</summary>
    public Uri Address => new($"http://127.0.0.1:{Port}/");

    /// <summary>What it answers from now on; 200 at first.</summary>
    public HttpStatusCode Answer { get; set; } = HttpStatusCode.OK;

    /// <summary>What it was sent so far.</summary>
    public IReadOnlyList<CaughtRequest> Caught => [.. caught];

    /// <summary>Waits until it was sent <paramref name="count"/> requests, and gives all of them.</summary>
    public async Task<IReadOnlyList<CaughtRequest>> CaughtAsync(int count, CancellationToken cancellation)
    {
        await Eventually.HoldsAsync($"{count} requests were sent", () => caught.Count >= count, cancellation, TimeSpan.FromSeconds(60));
        return Caught;
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Close();

    private async Task ListenAsync()
    {
        while (listener.IsListening)
        {
            try
            {
                var context = await listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                caught.Enqueue(new CaughtRequest(context.Request.HttpMethod, context.Request.RawUrl ?? "", context.Request.Headers["Authorization"], body.ToArray()));
                context.Response.StatusCode = (int)Answer;
                context.Response.Close();
            }
            catch (Exception failure) when (failure is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                // Closed, or a client that went away.
            }
        }
    }
}
