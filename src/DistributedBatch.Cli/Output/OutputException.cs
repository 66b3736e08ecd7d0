namespace DistributedBatch.Cli.Output;

/// <summary>Standard output cannot be written, for instance because its disk is full.</summary>
/// <param name="failure">What the system said.</param>
internal sealed class OutputException(IOException failure) : Exception($"Cannot write to standard output: {failure.Message.TrimEnd('.')}.", failure);
