using System.Diagnostics;
using System.Text;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Logs;
using DistributedBatch.Consumer.Outputs;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Consumer.Slots;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Consumer.Execution;

/// <summary>
/// Executes one attempt in named steps: refuse what must not run, prepare its files, fill in its command, run it, read its result, keep its logs, promote
/// its outputs, deliver both where a server was named, and say how it went. Failure is a report, never an exception.
/// </summary>
internal sealed class AttemptExecutor(
    ConsumerOptions options,
    JobTemplates plans,
    IProgramRunner processes,
    IEnumerable<IRunnerSource> warm,
    ThreadShare share,
    ExclusiveRun solo,
    OomKillCounter oomKills,
    GpuAllocator gpus,
    MemoryReservations memory,
    MemoryEstimates book,
    OutputDelivery delivery,
    TimeProvider time)
{
    private static readonly Encoding Utf8 = new UTF8Encoding(false);

    private readonly IRunnerSource[] sources = [.. warm];
    private readonly AllowedPrograms allowed = new(options.AllowedPrograms);
    private readonly LogStore logs = new(options.LogHeadBytes, options.LogTailBytes);

    /// <summary>Runs <paramref name="attempt"/> to its end and gives its report.</summary>
    public async Task<AttemptReport> ExecuteAsync(ActiveAttempt attempt)
    {
        if (Refusal(attempt) is { } refused)
            return refused;
        return attempt.IsLastChance ? await RunAloneAsync(attempt) : await RunBesideOthersAsync(attempt);
    }

    private async Task<AttemptReport> RunAloneAsync(ActiveAttempt attempt)
    {
        if (!await solo.EnterAsync(attempt))
            return Report(attempt, AttemptOutcome.Released) with { Error = "The chunk is to run alone, and another one has the host for itself now." };
        try
        {
            // It may have been stopped while it waited.
            return Refusal(attempt) ?? await RunBesideOthersAsync(attempt);
        }
        finally
        {
            solo.Leave();
        }
    }

    private async Task<AttemptReport> RunBesideOthersAsync(ActiveAttempt attempt)
    {
        var job = attempt.Chunk.Job;
        return job.Gpus > 0 || job.MemoryBytes is not null
            ? await RunWithinAsync(attempt, job)
            : await RunAsync(attempt);
    }

    // Runs it with what it reserved; it waits here until the host can give that.
    private async Task<AttemptReport> RunWithinAsync(ActiveAttempt attempt, JobSpec job)
    {
        // Where the kernel keeps an attempt to its reservation, one that ran out of it must get more the next time.
        var limited = job.MemoryBytes is not null && options.Groups is { LimitsMemory: true };
        var bytes = limited ? book.Expected(attempt.Chunk) : job.MemoryBytes ?? 0;
        attempt.MemoryLimitBytes = limited ? bytes : 0;
        if (!await memory.TakeAsync(bytes, attempt.Stopping))
            return Report(attempt, attempt.StoppedFor) with { Error = attempt.StopReason };
        try
        {
            return job.Gpus > 0 ? await RunOnGpuAsync(attempt) : await RunAsync(attempt);
        }
        finally
        {
            memory.Return(bytes);
        }
    }

    private async Task<AttemptReport> RunOnGpuAsync(ActiveAttempt attempt)
    {
        if (await gpus.TakeAsync(attempt) is not { } lease)
            return Report(attempt, attempt.StoppedFor) with { Error = attempt.StopReason };
        attempt.Gpus = lease;
        var report = Report(attempt, AttemptOutcome.Released);
        try
        {
            report = await RunAsync(attempt);
        }
        finally
        {
            report = gpus.Return(lease, report);
        }

        return report;
    }

    private async Task<AttemptReport> RunAsync(ActiveAttempt attempt)
    {
        using var activity = AttemptTrace.Attempt(attempt);
        var plan = plans.Of(attempt.Chunk);
        if (plan.Obstacle is { } obstacle)
            return Report(attempt, AttemptOutcome.NotStarted) with { Error = $"Host {options.Host}: {obstacle}" };
        ProgramStart start;
        try
        {
            start = Prepare(attempt, plan, activity);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Report(attempt, AttemptOutcome.NotStarted) with
            {
                Error = $"Host {options.Host} could not prepare the attempt in '{options.DataDirectory}': {failure.Message} Check space and permissions there.",
            };
        }

        if (allowed.Refusal(start) is { } forbidden)
            return Report(attempt, AttemptOutcome.NotStarted) with { Error = $"Host {options.Host}: {forbidden}" };
        var (runner, mode) = await ChooseAsync(attempt.Chunk, start);
        var outcome = await runner.RunAsync(start, attempt.Stopping);
        var report = Judge(attempt, outcome) with { Warm = mode };
        activity?.SetTag("dbatch.outcome", report.Outcome?.ToText());
        return await delivery.DeliverAsync(attempt, plan, Finish(attempt, plan, report, outcome));
    }

    private AttemptReport? Refusal(ActiveAttempt attempt)
    {
        if (attempt.Delivery.LossesLeft > 0)
            return attempt.Stopping.IsCancellationRequested ? Report(attempt, attempt.StoppedFor) with { Error = attempt.StopReason } : null;
        return Report(attempt, AttemptOutcome.HostLost) with
        {
            Error = $"The chunk was taken back from {attempt.LostHosts} lost hosts or connections and may be what kills them; it is not run again. "
                + "Look at the logs of those hosts, then use retry.",
        };
    }

    private ProgramStart Prepare(ActiveAttempt attempt, JobTemplate plan, Activity? activity)
    {
        var chunk = attempt.Chunk;
        var scratch = attempt.Scratch;
        scratch.Prepare();
        if (plan.UsesItemsFile)
            File.WriteAllText(scratch.Items, ItemsFile.Content(chunk), Utf8);
        var place = new PlaceholderValues(
            attempt.Number, attempt.Slot, scratch.Out, scratch.Result, scratch.Items, attempt.Gpus, activity?.Id ?? chunk.TraceParent);
        return new ProgramStart
        {
            Command = plan.Command(chunk, place),
            Environment = plan.Environment(chunk, place, share.Threads),
            WorkingDirectory = plan.WorkingDirectory,
            Stdin = plan.Stdin(chunk, place),
            StdoutPath = scratch.Stdout,
            StderrPath = scratch.Stderr,
            Timeout = chunk.Job.Timeout,
            Grace = chunk.Job.Grace,
            MemoryLimitBytes = attempt.MemoryLimitBytes,
            Slot = attempt.Slot,
            Start = chunk.Start,
            Count = chunk.Count,
            Items = chunk.Items,
            Columns = chunk.Columns,
            OnLongRunning = process => attempt.Process = process,
        };
    }

    private async ValueTask<ChosenRunner> ChooseAsync(RunChunk chunk, ProgramStart start)
    {
        foreach (var source in sources)
        {
            if (await source.ForAsync(chunk.Run, chunk.Job, start) is { } chosen)
                return chosen;
        }

        return new ChosenRunner(processes, WarmMode.Off);
    }

    private AttemptReport Judge(ActiveAttempt attempt, ProgramOutcome outcome)
    {
        var report = outcome switch
        {
            ProgramOutcome.Exited { Code: 0 } => Report(attempt, AttemptOutcome.Succeeded) with { ExitCode = 0 },
            ProgramOutcome.Exited exited => Report(attempt, AttemptOutcome.ExitCode) with
            {
                ExitCode = exited.Code,
                Error = $"The program ended with exit code {exited.Code}.",
            },
            ProgramOutcome.Signalled killed when IsOutOfMemory(killed) => Report(attempt, AttemptOutcome.OutOfMemory) with
            {
                Signal = killed.Signal,
                Error = attempt.MemoryLimitBytes > 0
                    ? $"The program needed more than the {attempt.MemoryLimitBytes >> 20} MiB it may have on {options.Host} and was killed; give it more with --memory."
                    : $"The program was killed because memory ran out on {options.Host}; say how much it needs with --memory.",
            },
            ProgramOutcome.Signalled signalled => Report(attempt, AttemptOutcome.Signal) with
            {
                Signal = signalled.Signal,
                Error = $"The program was ended by signal {signalled.Signal} ({SignalNames.Of(signalled.Signal)}).",
            },
            ProgramOutcome.TimedOut => Report(attempt, AttemptOutcome.Timeout) with
            {
                Error = $"The program ran longer than its limit of {attempt.Chunk.Job.Timeout?.TotalSeconds:0.###} s and was stopped; raise --timeout or use smaller chunks.",
            },
            ProgramOutcome.Stopped => Report(attempt, attempt.StoppedFor) with { Error = attempt.StopReason },
            ProgramOutcome.NotStarted notStarted => Report(attempt, AttemptOutcome.NotStarted) with { Error = notStarted.Error },
            ProgramOutcome.RunnerLost lost => Report(attempt, AttemptOutcome.Released) with { Error = lost.Error },
            _ => throw new UnreachableException(),
        };
        return report with
        {
            Duration = outcome.Usage.Duration,
            CpuTime = outcome.Usage.CpuTime,
            // What ran out of its limit held all of it, even where an older kernel only tells its largest process.
            PeakMemoryBytes = Math.Max(outcome.Usage.PeakMemoryBytes, report.Outcome == AttemptOutcome.OutOfMemory ? attempt.MemoryLimitBytes : 0),
            ReadBytes = outcome.Usage.ReadBytes,
            WrittenBytes = outcome.Usage.WrittenBytes,
        };
    }

    private bool IsOutOfMemory(ProgramOutcome.Signalled killed) => killed.OutOfMemory ?? (killed.Signal == Posix.SigKill && oomKills.Any());

    private AttemptReport Finish(ActiveAttempt attempt, JobTemplate plan, AttemptReport report, ProgramOutcome outcome)
    {
        var scratch = attempt.Scratch;
        try
        {
            report = outcome.Result is { } said ? report with { Result = said } : ReadResult(scratch, report);
            report = KeepLogs(attempt, plan, report);
            var outputs = scratch.HasOutputs();
            if (outputs && report.Outcome == AttemptOutcome.Succeeded)
            {
                OutputPromotion.Promote(scratch.Out, plan.OutputRoot, attempt.Chunk.Index, attempt.Number);
                if (!Directory.Exists(scratch.Out))
                    scratch.OutputsGone();
            }

            if (outcome.Stragglers)
                scratch.Renew();
            else
                scratch.Clear(outputs, plan.UsesItemsFile);
            return report;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            scratch.Renew();
            return report with
            {
                Outcome = report.Outcome == AttemptOutcome.Succeeded ? AttemptOutcome.ExitCode : report.Outcome,
                Error = $"Host {options.Host} could not store what the attempt left: {failure.Message} {report.Error}".TrimEnd(),
            };
        }
    }

    private static AttemptReport ReadResult(SlotScratch scratch, AttemptReport report)
    {
        var (json, error) = ResultFile.Read(scratch.Result);
        return error is null || report.Outcome != AttemptOutcome.Succeeded
            ? report with { Result = json }
            : report with { Outcome = AttemptOutcome.ExitCode, Error = error };
    }

    private AttemptReport KeepLogs(ActiveAttempt attempt, JobTemplate plan, AttemptReport report)
    {
        var (stdout, stderr) = attempt.Scratch.LogLengths();
        if (stdout == 0 && stderr == 0)
            return report;
        if (stderr > 0 && report.Outcome != AttemptOutcome.Succeeded)
            report = report with { StderrTail = LogStore.Tail(attempt.Scratch.Stderr) };
        report = report with { StdoutBytes = stdout, StderrBytes = stderr };
        if (delivery.LeavesToReport(stdout + stderr))
            return report with { Stdout = LogStore.Take(attempt.Scratch.Stdout, stdout), Stderr = LogStore.Take(attempt.Scratch.Stderr, stderr) };
        Directory.CreateDirectory(plan.LogRoot);
        var name = plan.LogOf(attempt.Chunk.Index, attempt.Number);
        if (stdout > 0)
            logs.Keep(attempt.Scratch.Stdout, name + ".out");
        if (stderr > 0)
            logs.Keep(attempt.Scratch.Stderr, name + ".err");
        return report;
    }

    private AttemptReport Report(ActiveAttempt attempt, AttemptOutcome outcome) =>
        attempt.Report(options.Host) with { Outcome = outcome, Duration = time.GetUtcNow() - attempt.StartedAt };
}
