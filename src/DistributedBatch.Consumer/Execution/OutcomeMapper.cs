using System.Diagnostics;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Linux;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Consumer.Execution;

/// <summary>Maps how a program ended to the report of its attempt.</summary>
internal sealed class OutcomeMapper(OomKillCounter oomKills, TimeProvider time)
{
    /// <summary>The report.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="outcome">How its program ended.</param>
    /// <param name="memoryLimitBytes">Bytes of memory that the kernel limited it to; 0 for no limit.</param>
    public AttemptReport Report(ActiveAttempt attempt, ProgramOutcome outcome, long memoryLimitBytes)
    {
        AttemptReport With(AttemptOutcome reported, string? error = null) => attempt.EndReport(reported, time, error);
        AttemptReport Killed(int signal, AttemptOutcome reported, string error) => With(reported, error) with { Signal = signal };
        var report = outcome switch
        {
            ProgramOutcome.Exited { Code: 0 } => With(AttemptOutcome.Succeeded) with { ExitCode = 0 },
            ProgramOutcome.Exited exited => With(AttemptOutcome.ExitCode, $"The program ended with exit code {exited.Code}.") with { ExitCode = exited.Code },
            ProgramOutcome.Signalled killed when IsOutOfMemory(killed) => Killed(
                killed.Signal,
                AttemptOutcome.OutOfMemory,
                memoryLimitBytes > 0
                    ? $"The program needed more than the {memoryLimitBytes >> 20} MiB it may have on {attempt.Host} and was killed; give it more with --memory."
                    : $"The program was killed because memory ran out on {attempt.Host}; say how much it needs with --memory."),
            ProgramOutcome.Signalled signalled => Killed(
                signalled.Signal,
                AttemptOutcome.Signal,
                $"The program was ended by signal {signalled.Signal} ({SignalText.WithCause(signalled.Signal)})."),
            ProgramOutcome.TimedOut => With(
                AttemptOutcome.Timeout,
                $"The program ran longer than its limit of {attempt.Chunk.Job.Timeout?.TotalSeconds:0.###} s and was stopped; raise --timeout or use smaller chunks."),
            ProgramOutcome.Stopped => With(attempt.StopRequest?.Outcome ?? AttemptOutcome.Released, attempt.StopRequest?.Reason),
            ProgramOutcome.NotStarted notStarted => With(AttemptOutcome.NotStarted, notStarted.Error),

            // Not as a signal: its number would say nothing about the cause.
            ProgramOutcome.KilledRunner killer => With(AttemptOutcome.ExitCode, killer.Error),
            ProgramOutcome.RunnerLost lost => With(AttemptOutcome.Released, lost.Error),
            _ => throw new UnreachableException(),
        };
        return report with
        {
            Duration = outcome.Usage.Duration,
            CpuTime = outcome.Usage.CpuTime,
            // A program that ran out of its limit held all of it, even where an older kernel counts only its largest process.
            PeakMemoryBytes = Math.Max(outcome.Usage.PeakMemoryBytes, report.Outcome == AttemptOutcome.OutOfMemory ? memoryLimitBytes : 0),
            ReadBytes = outcome.Usage.ReadBytes,
            WrittenBytes = outcome.Usage.WrittenBytes,
        };
    }

    private bool IsOutOfMemory(ProgramOutcome.Signalled killed) => killed.OutOfMemory ?? (killed.Signal == Posix.SigKill && oomKills.TakeOne());
}
