using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Access;

/// <summary>
/// Rate limits. Failed authentications are counted for each address, other requests for each token. A stranger therefore cannot lock out a user, and one runaway
/// script does not slow down other users.
/// </summary>
internal sealed class RequestLimits : IDisposable
{
    /// <summary>Failed authentications of an address in each <see cref="Window"/>; further ones get status 429.</summary>
    internal const int MaxFailures = 30;

    /// <summary>Far more than a page or a host with many slots needs.</summary>
    private const int RequestsPerSecond = 1000;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly PartitionedRateLimiter<HttpContext> failures = PartitionedRateLimiter.Create<HttpContext, string>(context =>
        RateLimitPartition.GetFixedWindowLimiter(
            context.Connection.RemoteIpAddress?.ToString() ?? "",
            _ => new FixedWindowRateLimiterOptions { PermitLimit = MaxFailures, Window = Window, QueueLimit = 0 }));

    private readonly PartitionedRateLimiter<Caller> requests = PartitionedRateLimiter.Create<Caller, string>(caller =>
        RateLimitPartition.GetTokenBucketLimiter(
            caller.Token.Id,
            _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = 2 * RequestsPerSecond,
                TokensPerPeriod = RequestsPerSecond / 10,
                ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
                QueueLimit = 0,
            }));

    /// <summary>Counts a failed authentication; false when its address had too many.</summary>
    public bool TryCountFailure(HttpContext context)
    {
        using var lease = failures.AttemptAcquire(context);
        return lease.IsAcquired;
    }

    /// <summary>Counts an authenticated request; false when the token had too many.</summary>
    public bool TryCountRequest(Caller caller)
    {
        using var lease = requests.AttemptAcquire(caller);
        return lease.IsAcquired;
    }

    public void Dispose()
    {
        failures.Dispose();
        requests.Dispose();
    }
}
