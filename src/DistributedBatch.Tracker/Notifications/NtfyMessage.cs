namespace DistributedBatch.Tracker.Notifications;

/// <summary>A message as ntfy servers take it.</summary>
/// <param name="Topic">Where it is published.</param>
/// <param name="Title">Its headline.</param>
/// <param name="Message">Its text.</param>
/// <param name="Priority">1 to 5; 3 is usual, 4 makes more noise.</param>
/// <param name="Tags">Names of the symbols before the headline.</param>
internal sealed record NtfyMessage(string Topic, string Title, string Message, int Priority, IReadOnlyList<string> Tags);
