namespace DistributedBatch.Tracker.Notifications;

/// <summary>A message for an ntfy server.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Title">The headline.</param>
/// <param name="Message">The text.</param>
/// <param name="Priority">1 to 5; 3 is usual, 4 makes more noise.</param>
/// <param name="Tags">The names of the symbols before the headline.</param>
internal sealed record NtfyMessage(string Topic, string Title, string Message, int Priority, IReadOnlyList<string> Tags);
