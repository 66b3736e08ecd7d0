using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Consumer.Control;

/// <summary>
/// Joins the lab: the host takes no chunks before the producer has said which runs are cancelled or paused. A chunk of a run that was cancelled long ago may lie in the
/// queue. Without an answer the host starts anyway, because chunks must run without a producer. The producer refuses the second of two hosts with one name.
/// </summary>
internal sealed partial class HostJoin(
    AdmissionHold hold, RunControl runs, JoinOptions options, IHostApplicationLifetime application, TimeProvider time, ILogger<HostJoin> logger) : IDisposable
{
    private ITimer? timeout;

    /// <summary>Tells this consumer from another one with the same host name.</summary>
    public Guid Instance { get; } = Guid.NewGuid();

    /// <summary>Whether the answer has not come yet. Heartbeats ask for it.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Why the producer refused this consumer; null while it has not.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Begins to wait; does nothing where no answer is needed.</summary>
    public void Begin()
    {
        if (options.Timeout is not { } limit)
            return;
        IsWaiting = true;
        hold.SetJoining("The host joins: it waits for the producer's list of cancelled and paused runs.");
        timeout = time.CreateTimer(_ => StartWithoutAnswer(limit), null, limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Handles the producer's answer. An answer to another consumer of this name changes nothing.</summary>
    public async Task HandleAsync(HostAdmission admission, CancellationToken cancellation)
    {
        if (admission.Instance != Instance || Refusal is not null)
            return;
        if (admission.Refusal is { } reason)
        {
            Refusal = reason;
            Refused(logger, reason);
            hold.SetStopping($"The producer refused this host. {reason}");
            if (options.EndsProgram)
                application.StopApplication();
            return;
        }

        foreach (var run in admission.Runs)
            await runs.HandleAsync(run, cancellation);
        End();
    }

    /// <inheritdoc/>
    public void Dispose() => timeout?.Dispose();

    private void StartWithoutAnswer(TimeSpan limit)
    {
        if (!IsWaiting)
            return;
        NoAnswer(logger, limit.TotalSeconds);
        End();
    }

    private void End()
    {
        IsWaiting = false;
        timeout?.Dispose();
        hold.SetJoining(null);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No producer answered within {Seconds} s. The host takes chunks now; some may be of cancelled runs.")]
    private static partial void NoAnswer(ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "The producer refused this host: {Reason}")]
    private static partial void Refused(ILogger logger, string reason);
}
