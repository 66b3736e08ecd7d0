using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>Stops a job of a zygote when its time limit is over or when somebody asks. After its disposal it stops the job no more.</summary>
internal readonly struct ZygoteJobStopper : IAsyncDisposable
{
    private readonly CancellationTokenRegistration registration;
    private readonly ITimer? limit;

    private ZygoteJobStopper(CancellationTokenRegistration registration, ITimer? limit) => (this.registration, this.limit) = (registration, limit);

    /// <summary>Begins.</summary>
    public static ZygoteJobStopper Start(ZygoteProcess zygote, ZygoteJob job, ProgramStart start, TimeProvider time, CancellationToken stop) => new(
        stop.UnsafeRegister(_ => Stop(zygote, job, start, isTimeout: false), null),
        start.Timeout is { } timeout
            ? time.CreateTimer(_ => Stop(zygote, job, start, isTimeout: true), null, timeout, Timeout.InfiniteTimeSpan)
            : null);

    /// <summary>Waits for a stop that has begun, which would otherwise hit the next chunk of a kept interpreter.</summary>
    public async ValueTask DisposeAsync()
    {
        await registration.DisposeAsync();
        if (limit is not null)
            await limit.DisposeAsync();
    }

    private static void Stop(ZygoteProcess zygote, ZygoteJob job, ProgramStart start, bool isTimeout)
    {
        if (job.TryMarkStopped(isTimeout))
            zygote.Stop(job, start.Grace);
    }
}
