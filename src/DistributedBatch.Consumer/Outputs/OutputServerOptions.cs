namespace DistributedBatch.Consumer.Outputs;

/// <summary>The tracker that receives outputs and logs.</summary>
/// <param name="Server">Its address; null leaves outputs and logs on this host.</param>
/// <param name="Token">Token to send; null sends none.</param>
/// <param name="AuthorityFile">PEM file with the authorities to trust; null trusts those of the system.</param>
internal sealed record OutputServerOptions(Uri? Server, string? Token, string? AuthorityFile);
