namespace DistributedBatch.Messaging.Chunks;

/// <summary>
/// The chunks that one host holds for its slots of one resource class. All slots receive from it, so no slot stands still while chunks lie ready on its host.
/// Disposing it gives back what no slot has received.
/// </summary>
public interface IChunkBuffer : IAsyncDisposable
{
    /// <summary>How many slots receive from the buffer, busy ones included. It holds chunks for no more than these; 0 gives back what no slot has received.</summary>
    int Slots { get; set; }

    /// <summary>
    /// Waits for the next chunk. The wait rides through lost connections: it ends with a chunk or with <paramref name="cancellation"/>, and a cancelled wait loses no
    /// chunk.
    /// </summary>
    ValueTask<ChunkDelivery> ReceiveAsync(CancellationToken cancellation);

    /// <summary>Whether few chunks lie ready, so that finished ones should be settled soon.</summary>
    bool IsLow { get; }

    /// <summary>Whether the host holds as many unsettled chunks as it may, so that only settling one can bring another.</summary>
    bool IsFull { get; }
}
