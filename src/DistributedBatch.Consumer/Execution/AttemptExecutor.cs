using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Jobs;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Consumer.Threads;
using DistributedBatch.Consumer.Warm;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Consumer.Execution;

/// <summary>
/// Executes one attempt in steps: refuse what must not run, reserve memory and GPUs, prepare files and command, choose the runner, run the program,
/// report its outcome, store and upload its files. A failure is a report, never an exception.
/// </summary>
internal sealed class AttemptExecutor(
    HostSettings host,
    JobTemplates templates,
    AllowedPrograms allowed,
    WarmStart warm,
    ThreadShare threads,
    GpuAllocator gpus,
    MemoryReservations reservations,
    MemoryEstimates estimates,
    OutcomeMapper outcomes,
    AttemptFiles files,
    TimeProvider time,
    AttemptCgroups? groups = null)
{
    // Only control groups can limit memory.
    private readonly bool limitsMemory = groups is { LimitsMemory: true };

    /// <summary>Runs <paramref name="attempt"/> to its end and gives its report.</summary>
    public async Task<AttemptReport> ExecuteAsync(ActiveAttempt attempt)
    {
        if (attempt.Stopping.IsCancellationRequested)
            return Stopped(attempt);
        var job = attempt.Chunk.Job;
        return job.Gpus > 0 || job.MemoryBytes is not null
            ? await RunWithReservationAsync(attempt, job)
            : await RunAsync(attempt, default);
    }

    /// <summary>Ends the interpreters that are kept for a slot.</summary>
    public void EndKept(int slot) => warm.EndSlot(slot);

    /// <summary>Ends the interpreters that are kept for a run.</summary>
    public void EndKept(RunId run) => warm.EndRun(run);

    // Waits until the host can give the memory that the job reserves.
    private async Task<AttemptReport> RunWithReservationAsync(ActiveAttempt attempt, JobSpec job)
    {
        // An attempt that ran out of its limited memory must get more the next time.
        var limited = job.MemoryBytes is not null && limitsMemory;
        var bytes = limited ? estimates.Expected(attempt.Chunk) : job.MemoryBytes ?? 0;
        if (!await reservations.AcquireAsync(bytes, attempt.Stopping))
            return Stopped(attempt);
        try
        {
            var resources = new AttemptResources(null, limited ? bytes : 0);
            return job.Gpus > 0 ? await RunOnGpuAsync(attempt, resources) : await RunAsync(attempt, resources);
        }
        finally
        {
            reservations.Release(bytes);
        }
    }

    private async Task<AttemptReport> RunOnGpuAsync(ActiveAttempt attempt, AttemptResources resources)
    {
        if (await gpus.AcquireAsync(attempt) is not { } lease)
            return Stopped(attempt);
        var report = Report(attempt, AttemptOutcome.Released);
        try
        {
            report = await RunAsync(attempt, resources with { Gpus = lease });
        }
        finally
        {
            report = gpus.Release(lease, report);
        }

        return report;
    }

    private async Task<AttemptReport> RunAsync(ActiveAttempt attempt, AttemptResources resources)
    {
        using var activity = AttemptTrace.Attempt(attempt);
        var template = templates.Of(attempt.Chunk);
        if (template.StartError is { } missing)
            return Report(attempt, AttemptOutcome.NotStarted, $"Host {host.Name}: {missing}");
        ProgramStart start;
        try
        {
            start = Prepare(attempt, template, resources, activity?.Id ?? attempt.Chunk.TraceParent);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Report(
                attempt,
                AttemptOutcome.NotStarted,
                $"Host {host.Name} could not prepare the attempt in '{host.DataDirectory}': {failure.Message} Check space and permissions there.");
        }

        if (allowed.Refusal(start) is { } forbidden)
            return Report(attempt, AttemptOutcome.NotStarted, $"Host {host.Name}: {forbidden}");
        if (ArgumentLimit.Error(start) is { } tooLong)
            return Report(attempt, AttemptOutcome.NotStarted, tooLong) with { IsFinal = true };
        var choice = await warm.ChooseRunnerAsync(attempt.Chunk.Run, attempt.Chunk.Job, start);
        var outcome = await choice.Runner.RunAsync(start, attempt.StoppingProgram);
        attempt.ProgramEnded();
        var report = outcomes.Report(attempt, outcome, resources.MemoryLimitBytes) with { Warm = choice.Mode };
        activity?.SetTag("dbatch.outcome", report.Outcome?.ToText());
        return await files.StoreAsync(attempt, template, report, outcome);
    }

    private ProgramStart Prepare(ActiveAttempt attempt, JobTemplate template, AttemptResources resources, string? traceParent)
    {
        var chunk = attempt.Chunk;
        var scratch = attempt.Scratch;
        AttemptFiles.Prepare(attempt, template);
        var values = new PlaceholderValues(attempt.Number, attempt.Slot, scratch.Out, scratch.Result, scratch.Items, resources.Gpus, traceParent);
        return new ProgramStart
        {
            Command = template.Command(chunk, values),
            Environment = template.Environment(chunk, values, threads.Threads),
            WorkingDirectory = template.WorkingDirectory,
            Stdin = template.Stdin(chunk, values),
            StdoutPath = scratch.Stdout,
            StderrPath = scratch.Stderr,
            Timeout = chunk.Job.Timeout,
            Grace = chunk.Job.Grace,
            MemoryLimitBytes = resources.MemoryLimitBytes,
            Slot = attempt.Slot,
            Start = chunk.Start,
            Count = chunk.Count,
            Items = chunk.Items,
            Columns = chunk.Columns,
            Process = attempt.Process,
        };
    }

    private AttemptReport Stopped(ActiveAttempt attempt) => Report(attempt, attempt.StopRequest?.Outcome ?? AttemptOutcome.Released, attempt.StopRequest?.Reason);

    private AttemptReport Report(ActiveAttempt attempt, AttemptOutcome outcome, string? error = null) => attempt.EndReport(outcome, time, error);
}
