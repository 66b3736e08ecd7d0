namespace DistributedBatch.Consumer.Control;

/// <summary>How a host joins.</summary>
/// <param name="Timeout">How long it waits for the producer before it takes chunks; null does not wait.</param>
/// <param name="EndsProgram">Whether the program ends when the producer refuses the host; otherwise only the host takes no chunks.</param>
internal sealed record JoinOptions(TimeSpan? Timeout, bool EndsProgram = true);
