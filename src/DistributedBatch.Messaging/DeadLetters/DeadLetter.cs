namespace DistributedBatch.Messaging.DeadLetters;

/// <summary>A message in a dead-letter queue.</summary>
/// <param name="Tag">Its delivery.</param>
/// <param name="Body">Its content.</param>
/// <param name="Reason">Why it is there, in a few words.</param>
/// <param name="HasExpired">Whether its time ran out before anybody received it.</param>
internal sealed record DeadLetter(ulong Tag, byte[] Body, string Reason, bool HasExpired);
