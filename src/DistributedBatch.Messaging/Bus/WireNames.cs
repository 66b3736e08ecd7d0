using MassTransit;

namespace DistributedBatch.Messaging.Bus;

/// <summary>
/// What message types are called on the broker. A type that was renamed keeps the name of its exchange, because broker permissions of existing hosts name it, and is
/// published under its old type name too, because hosts of an older version know no other.
/// </summary>
internal static class WireNames
{
    private static readonly Dictionary<Type, string> Former = new()
    {
        [typeof(RunControlMessage)] = "RunSteered",
        [typeof(HostControlMessage)] = "HostSteered",
        [typeof(RunCommandResult)] = "RunAnswer",
    };

    /// <summary>Name from which the exchange's name is made, such as <c>AttemptReports</c>.</summary>
    public static string Of(Type message) => Former.GetValueOrDefault(message, message.Name);

    /// <summary>Adds the former name of a message's type to its type header, where it has one.</summary>
    public static void AddFormer<TMessage>(SendContext<TMessage> context)
        where TMessage : class
    {
        if (Former.TryGetValue(typeof(TMessage), out var former))
            context.SupportedMessageTypes = [.. MessageTypeCache<TMessage>.MessageTypeNames, $"urn:message:{typeof(TMessage).Namespace}:{former}"];
    }
}
