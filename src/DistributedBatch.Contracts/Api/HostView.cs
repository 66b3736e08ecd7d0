using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Contracts.Api;

/// <summary>One host as <c>dbatch hosts</c> gives it.</summary>
/// <param name="Host">Its own last word.</param>
/// <param name="LastSeen">When that was.</param>
/// <param name="Alive">Whether it was heard of recently enough to count on it.</param>
/// <param name="Running">What runs on it.</param>
/// <param name="Succeeded">Attempts that succeeded on it.</param>
/// <param name="Failed">Attempts that failed on it.</param>
public sealed record HostView(
    HostStatus Host, DateTimeOffset LastSeen, bool Alive, IReadOnlyList<RunningAttempt> Running, long Succeeded, long Failed);
