namespace DistributedBatch.Cli.Output;

/// <summary>A stream to write to, whose failures are handled in one place.</summary>
/// <param name="stream">The stream.</param>
/// <param name="onFailure">Handles a failure. When it returns, what was to be written is dropped.</param>
internal sealed class GuardedStream(Stream stream, Action<IOException> onFailure) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            stream.Write(buffer);
        }
        catch (IOException failure)
        {
            onFailure(failure);
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        try
        {
            stream.Flush();
        }
        catch (IOException failure)
        {
            onFailure(failure);
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            stream.Dispose();
        base.Dispose(disposing);
    }
}
