namespace DistributedBatch.Cli.Joining;

/// <summary>A file that an installation writes.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Text">What is in it.</param>
/// <param name="Secret">Whether only its owner may read it, and a dry run does not show it.</param>
internal sealed record PlannedFile(string Path, string Text, bool Secret);
