namespace DistributedBatch.Tracker.Projection;

/// <summary>A message on its way into the database.</summary>
/// <param name="Message">One of the five kinds <see cref="ProjectionBatch"/> folds.</param>
/// <param name="ReceivedAt">When it arrived here.</param>
/// <param name="Committed">Ends when the message is in the database, which is when it may be acknowledged.</param>
internal sealed record PendingMessage(object Message, DateTimeOffset ReceivedAt, TaskCompletionSource Committed);
