using DistributedBatch.Consumer;
using DistributedBatch.Producer.Storage;
using DistributedBatch.Storage.Postgres;
using DistributedBatch.Storage.Schema;

namespace DistributedBatch.Cli.Hosting;

/// <summary>Known reasons why services cannot start or go on. They get a sentence instead of a stack trace.</summary>
internal static class StartFailure
{
    /// <summary>The sentence for <paramref name="failure"/>; null for an unknown failure, which is a bug.</summary>
    public static string? Sentence(Exception failure) => failure switch
    {
        LedgerException or NewerSchemaException or DatabaseNameException or HostRefusedException => failure.Message,
        IOException or UnauthorizedAccessException => $"The state directory cannot be used: {failure.Message}",
        AggregateException { InnerExceptions: [var only] } => Sentence(only),
        _ => null,
    };
}
