using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>Stops a job of a zygote when its time is over or when it is asked to.</summary>
internal readonly struct ZygoteWatch : IDisposable
{
    private readonly CancellationTokenRegistration asked;
    private readonly ITimer? limit;

    private ZygoteWatch(CancellationTokenRegistration asked, ITimer? limit)
    {
        this.asked = asked;
        this.limit = limit;
    }

    /// <summary>Begins to watch.</summary>
    public static ZygoteWatch Over(ZygoteProcess zygote, ZygoteJob job, ProgramStart start, TimeProvider time, CancellationToken stop) => new(
        stop.UnsafeRegister(_ => Stop(zygote, job, start, timeLimit: false), null),
        start.Timeout is { } timeout
            ? time.CreateTimer(_ => Stop(zygote, job, start, timeLimit: true), null, timeout, Timeout.InfiniteTimeSpan)
            : null);

    /// <inheritdoc/>
    public void Dispose()
    {
        asked.Dispose();
        limit?.Dispose();
    }

    private static void Stop(ZygoteProcess zygote, ZygoteJob job, ProgramStart start, bool timeLimit)
    {
        if (job.StopFor(timeLimit))
            zygote.Stop(job, start.Grace);
    }
}
