using DistributedBatch.Tracker.Storage;

namespace DistributedBatch.Tracker.Projection;

/// <summary>A message that is not yet in the database.</summary>
/// <param name="Message">One of the message types that <see cref="ProjectionBatch"/> folds.</param>
/// <param name="ReceivedAt">When it arrived.</param>
/// <param name="Committed">Completes when the message is in the database and may be acknowledged.</param>
internal sealed record PendingMessage(object Message, DateTimeOffset ReceivedAt, TaskCompletionSource Committed);
