namespace DistributedBatch.Contracts.Messages;

/// <summary>
/// Answer of the producer to a host that joins: whether it may take chunks, and which of them it must not run. A chunk may stay in the queue for as long as its run has no
/// host, even when the run was cancelled long before.
/// </summary>
/// <param name="Instance">The consumer that it is for, see <see cref="HostHeartbeat.Instance"/>.</param>
/// <param name="Refusal">Why it may not take chunks and what to do, in one or two sentences; null when it may.</param>
/// <param name="Runs">The runs that are cancelled or paused.</param>
public sealed record HostAdmission(Guid Instance, string? Refusal, IReadOnlyList<RunControlMessage> Runs);
