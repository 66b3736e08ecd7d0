using System.Net.Sockets;
using DistributedBatch.Consumer;
using DistributedBatch.Producer.Storage;
using DistributedBatch.Storage.Postgres;
using DistributedBatch.Storage.Schema;
using Microsoft.AspNetCore.Connections;

namespace DistributedBatch.Cli.Hosting;

/// <summary>Known reasons why services cannot start or go on. They get a sentence instead of a stack trace.</summary>
internal static class StartFailure
{
    /// <summary>The sentence for <paramref name="failure"/>; null for an unknown failure, which is a bug.</summary>
    public static string? Sentence(Exception failure) => failure switch
    {
        LedgerException or NewerSchemaException or DatabaseNameException or HostRefusedException => failure.Message,
        IOException { InnerException: AddressInUseException } =>
            $"{failure.Message.TrimEnd('.')}. Another program listens there, perhaps another dbatch serve. Stop it, or choose another address with --listen.",
        IOException { InnerException: SocketException } or SocketException =>
            $"The address of --listen cannot be used: {(failure.InnerException ?? failure).Message.TrimEnd('.')}. Choose another one.",
        IOException or UnauthorizedAccessException => $"A file or directory cannot be used: {failure.Message}",
        AggregateException { InnerExceptions: [var only] } => Sentence(only),
        _ => null,
    };
}
