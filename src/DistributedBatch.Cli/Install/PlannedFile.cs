namespace DistributedBatch.Cli.Install;

/// <summary>A file that an installation writes.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Text">Content of the file.</param>
/// <param name="Secret">Whether only the owner may read the file.</param>
internal sealed record PlannedFile(string Path, string Text, bool Secret);
