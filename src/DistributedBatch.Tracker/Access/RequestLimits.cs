using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace DistributedBatch.Tracker.Access;

/// <summary>
/// How often may be asked. Guesses at tokens are counted by address, good tokens by token; so a stranger cannot shut anybody out, and one runaway script does not
/// stand in the way of the others.
/// </summary>
internal sealed class RequestLimits : IDisposable
{
    /// <summary>Refusals for want of a token that an address gets in each <see cref="Window"/>; more are answered 429.</summary>
    internal const int Failures = 30;

    /// <summary>Far above what a page or a host of many slots asks for in a second.</summary>
    private const int RequestsASecond = 1000;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly PartitionedRateLimiter<HttpContext> failures = PartitionedRateLimiter.Create<HttpContext, string>(context =>
        RateLimitPartition.GetFixedWindowLimiter(
            context.Connection.RemoteIpAddress?.ToString() ?? "",
            _ => new FixedWindowRateLimiterOptions { PermitLimit = Failures, Window = Window, QueueLimit = 0 }));

    private readonly PartitionedRateLimiter<Caller> requests = PartitionedRateLimiter.Create<Caller, string>(caller =>
        RateLimitPartition.GetTokenBucketLimiter(
            caller.Token.Id,
            _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = 2 * RequestsASecond,
                TokensPerPeriod = RequestsASecond / 10,
                ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
                QueueLimit = 0,
            }));

    /// <summary>Counts a request without a good token; false when its address has had too many.</summary>
    public bool MayFail(HttpContext context)
    {
        using var lease = failures.AttemptAcquire(context);
        return lease.IsAcquired;
    }

    /// <summary>Counts a request with a good token; false when it has had too many.</summary>
    public bool MayAsk(Caller caller)
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
