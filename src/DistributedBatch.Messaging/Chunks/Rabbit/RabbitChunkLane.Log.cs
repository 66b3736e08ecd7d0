using Microsoft.Extensions.Logging;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

internal sealed partial class RabbitChunkLane
{
    [LoggerMessage(111, LogLevel.Information, "Slot {Lane} lost its channel ({Reason}) and opens another; its chunk may run elsewhere too")]
    private partial void LogLost(string lane, string reason);

    [LoggerMessage(112, LogLevel.Warning, "Slot {Lane} cannot open its channel yet ({Reason}); trying again")]
    private partial void LogNotOpened(string lane, string reason);

    [LoggerMessage(113, LogLevel.Error, "Slot {Lane} puts a message aside: {Reason}")]
    private partial void LogAside(string lane, string reason);

    [LoggerMessage(114, LogLevel.Debug, "Slot {Lane} got chunk {Index} of run {Run}, which a host or connection was lost with; the producer counts that and feeds it again")]
    private partial void LogReturned(string lane, int index, string run);
}
