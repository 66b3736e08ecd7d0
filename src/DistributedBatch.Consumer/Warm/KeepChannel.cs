using System.Net.Sockets;

namespace DistributedBatch.Consumer.Warm;

/// <summary>
/// Requests to one kept interpreter and its answers, a line each. A thread of its own waits for them, because the answer itself wakes that, while one of the
/// pool would be woken by a third that the answer woke. What follows an answer goes on where it arrived for as long as it has not to wait, and that is
/// up to the next request when chunks are short.
/// </summary>
internal sealed class KeepChannel : IDisposable
{
    private readonly Socket socket;
    private readonly Lock turn = new();
    private byte[] answer = new byte[512];
    private TaskCompletionSource<int>? asked;
    private bool over;

    /// <summary>Begins to listen.</summary>
    /// <param name="socket">Connected to the interpreter; belongs to the conversation from now on.</param>
    public KeepChannel(Socket socket)
    {
        this.socket = socket;
        new Thread(Listen) { IsBackground = true, Name = "interpreter" }.Start();
    }

    /// <summary>Sends a request and gives the answer, which is valid until the next request; nothing when the interpreter has gone.</summary>
    /// <param name="request">One line with its end. Ask again only when it is answered.</param>
    public async Task<ReadOnlyMemory<byte>> AskAsync(ReadOnlyMemory<byte> request)
    {
        var asking = new TaskCompletionSource<int>();
        lock (turn)
        {
            if (over)
                return default;
            asked = asking;
        }

        try
        {
            for (var rest = request; rest.Length > 0;)
                rest = rest[socket.Send(rest.Span)..];
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The thread sees it too, and answers for it.
        }

        var length = await asking.Task;
        return answer.AsMemory(0, length);
    }

    /// <summary>Hangs up, at which the interpreter ends.</summary>
    public void Dispose() => socket.Dispose();

    private void Listen()
    {
        int length;
        while ((length = ReadLine()) > 0)
            Interlocked.Exchange(ref asked, null)?.SetResult(length);
        lock (turn)
            over = true;
        Interlocked.Exchange(ref asked, null)?.SetResult(0);
    }

    // The length of one line; 0 when the other side has closed.
    private int ReadLine()
    {
        var length = 0;
        while (true)
        {
            if (length == answer.Length)
                Array.Resize(ref answer, answer.Length * 2);
            int got;
            try
            {
                got = socket.Receive(answer.AsSpan(length));
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return 0;
            }

            length += got;
            if (got == 0)
                return 0;
            if (answer[length - 1] == (byte)'\n')
                return length;
        }
    }
}
