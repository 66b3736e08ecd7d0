using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;

namespace DistributedBatch.Tracker.Tests.Dashboard;

/// <summary>One connection to a browser: questions with numbers, answers with the same numbers, and events in between.</summary>
internal sealed class DevTools : IAsyncDisposable
{
    private readonly ClientWebSocket socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> asked = new();
    private readonly SemaphoreSlim sending = new(1);
    private int last;
    private Task listening = Task.CompletedTask;

    private DevTools()
    {
    }

    /// <summary>Every event of every page: its session, its name and what it says.</summary>
    public event Action<string, string, JsonElement>? Happened;

    public static async Task<DevTools> ConnectAsync(Uri address)
    {
        var tools = new DevTools();
        await tools.socket.ConnectAsync(address, CancellationToken.None);
        tools.listening = tools.ListenAsync();
        return tools;
    }

    public async Task<JsonElement> AskAsync(string method, object parameters, string? session, CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref last);
        var answer = asked[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new Dictionary<string, object> { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
            message["sessionId"] = session;
        await sending.WaitAsync(cancellation);
        try
        {
            await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, cancellation);
        }
        finally
        {
            sending.Release();
        }

        return await answer.Task.WaitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        socket.Abort();
        await listening;
        socket.Dispose();
        sending.Dispose();
    }

    private async Task ListenAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer, CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                    return;
                message.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage)
                    continue;
                Hear(JsonSerializer.Deserialize<JsonElement>(message.ToArray()));
                message.SetLength(0);
            }
        }
        catch (Exception failure) when (failure is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The browser is gone, or we let go of it.
        }
        finally
        {
            foreach (var waiting in asked.Values)
                waiting.TrySetException(new InvalidOperationException("The browser is gone."));
        }
    }

    private void Hear(JsonElement message)
    {
        if (message.TryGetProperty("id", out var id))
        {
            if (!asked.TryRemove(id.GetInt32(), out var waiting))
                return;
            if (message.TryGetProperty("error", out var error))
                waiting.SetException(new InvalidOperationException(error.ToString()));
            else
                waiting.SetResult(message.GetProperty("result"));
            return;
        }

        Happened?.Invoke(
            message.TryGetProperty("sessionId", out var session) ? session.GetString()! : "", message.GetProperty("method").GetString()!, message.GetProperty("params"));
    }
}
