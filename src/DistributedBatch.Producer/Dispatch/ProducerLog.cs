using DistributedBatch.Contracts.Runs;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Producer.Dispatch;

/// <summary>The log lines of the producer, with their event ids from 2000.</summary>
internal static partial class ProducerLog
{
    [LoggerMessage(2000, LogLevel.Information, "Run {Run} ({Name}) accepted: {Chunks} chunks over {Items} items.")]
    public static partial void Accepted(ILogger log, RunId run, string name, int chunks, long items);

    [LoggerMessage(2001, LogLevel.Information, "Run {Run} is {State}: {Succeeded} chunks succeeded, {Failed} failed, {Cancelled} cancelled.")]
    public static partial void Settled(ILogger log, RunId run, RunState state, int succeeded, int failed, int cancelled);

    [LoggerMessage(2002, LogLevel.Information, "Run {Run} goes on: {Settled} of {Total} chunks are settled.")]
    public static partial void Restored(ILogger log, RunId run, int settled, int total);

    [LoggerMessage(2003, LogLevel.Warning, "The queue did not take chunk {Index} of run {Run}: {Failure} It is published again in a second.")]
    public static partial void NotConfirmed(ILogger log, RunId run, int index, string failure);

    [LoggerMessage(2004, LogLevel.Warning, "A fact could not be published (try {Tries}): {Failure} It is tried again in a second.")]
    public static partial void NotPublished(ILogger log, string failure, int tries);

    [LoggerMessage(2005, LogLevel.Error, "The ledger could not be written: {Failure} Nothing is fed until it can be; the next try is in a second.")]
    public static partial void NotKept(ILogger log, string failure);

    [LoggerMessage(2006, LogLevel.Warning, "Host {Host} was not heard of for {Seconds} s; the chunks it had leased are fed again.")]
    public static partial void HostLost(ILogger log, string host, double seconds);

    [LoggerMessage(2007, LogLevel.Warning, "Chunk {Index} of run {Run} is in no queue and on no host any more; it is fed again.")]
    public static partial void ChunkLost(ILogger log, RunId run, int index);

    [LoggerMessage(2008, LogLevel.Information, "Another producer has the ledger; this one waits to take over.")]
    public static partial void StandingBy(ILogger log);

    [LoggerMessage(2009, LogLevel.Information, "This producer has the ledger now.")]
    public static partial void TookOver(ILogger log);

    [LoggerMessage(2011, LogLevel.Error, "Chunk {Index} of run {Run} failed, because it was put aside: {Reason}")]
    public static partial void ChunkDied(ILogger log, RunId run, int index, string reason);

    [LoggerMessage(2012, LogLevel.Warning, "Host {Host} takes no chunks for a while. {Reason}.")]
    public static partial void HostOnHold(ILogger log, string host, string reason);

    [LoggerMessage(2013, LogLevel.Information, "Host {Host} takes chunks again.")]
    public static partial void HostTriedAgain(ILogger log, string host);

    [LoggerMessage(2010, LogLevel.Critical, "The producer gives up: {Failure}")]
    public static partial void GaveUp(ILogger log, string failure);
}
