using System.Net.Sockets;

namespace DistributedBatch.Consumer.Warm.Keep;

/// <summary>
/// The socket to one kept interpreter: requests and replies, one line each. A thread of its own waits for replies, because the kernel wakes it
/// directly; waiting on the thread pool would take two wake-ups. The code after a reply continues on this thread until it has to wait. With short
/// chunks, that is until the next request.
/// </summary>
internal sealed class KeepChannel : IDisposable
{
    private readonly Socket socket;
    private readonly Lock gate = new();
    private byte[] reply = new byte[512];
    private TaskCompletionSource<int>? pending;
    private bool closed;

    /// <summary>Starts to listen.</summary>
    /// <param name="socket">Connected to the interpreter. The channel owns it from now on.</param>
    public KeepChannel(Socket socket)
    {
        this.socket = socket;
        new Thread(Listen) { IsBackground = true, Name = "interpreter" }.Start();
    }

    /// <summary>Sends a request and gives the reply, which is valid until the next request; empty when the interpreter has ended.</summary>
    /// <param name="request">One line with its line end. Send the next request only after the reply.</param>
    public async Task<ReadOnlyMemory<byte>> SendAsync(ReadOnlyMemory<byte> request)
    {
        var waiting = new TaskCompletionSource<int>();
        lock (gate)
        {
            if (closed)
                return default;
            pending = waiting;
        }

        try
        {
            for (var rest = request; rest.Length > 0;)
                rest = rest[socket.Send(rest.Span)..];
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The listening thread sees it too and completes the request.
        }

        var length = await waiting.Task;
        return reply.AsMemory(0, length);
    }

    /// <summary>Closes the socket, at which the interpreter ends.</summary>
    public void Dispose() => socket.Dispose();

    private void Listen()
    {
        int length;
        while ((length = ReadLine()) > 0)
            Interlocked.Exchange(ref pending, null)?.SetResult(length);
        lock (gate)
            closed = true;
        Interlocked.Exchange(ref pending, null)?.SetResult(0);
    }

    // The length of one line; 0 when the other side has closed the socket.
    private int ReadLine()
    {
        var length = 0;
        while (true)
        {
            if (length == reply.Length)
                Array.Resize(ref reply, reply.Length * 2);
            int got;
            try
            {
                got = socket.Receive(reply.AsSpan(length));
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                return 0;
            }

            length += got;
            if (got == 0)
                return 0;
            if (reply[length - 1] == (byte)'\n')
                return length;
        }
    }
}
