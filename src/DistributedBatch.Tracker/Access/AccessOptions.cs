namespace DistributedBatch.Tracker.Access;

/// <summary>Settings of who may use the API.</summary>
public sealed class AccessOptions
{
    /// <summary>
    /// The file with the operator token. It is created on the first start, readable by its owner only. Null (default) is the file <c>token</c> in the data
    /// directory.
    /// </summary>
    public string? TokenFile { get; set; }

    /// <summary>
    /// A PEM file with the public keys of the producers, which hosts may download. Null (default) is the file that a producer with the same data directory
    /// writes there.
    /// </summary>
    public string? TrustFile { get; set; }
}
