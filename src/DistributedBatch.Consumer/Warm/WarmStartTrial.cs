using System.Globalization;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm.Fork;
using DistributedBatch.Consumer.Warm.Trial;

namespace DistributedBatch.Consumer.Warm;

/// <summary>
/// Runs the first chunk of a run twice, in a process of its own and as a fork, and compares all that a user sees: outputs, result, standard output,
/// standard error and exit code. The process counts. When something differs, another process tells whether the script ever leaves the same twice.
/// Until the comparison is done, each chunk gets a process of its own.
/// </summary>
/// <param name="cold">Starts a process per chunk.</param>
/// <param name="fork">Forks for the trial.</param>
/// <param name="passed">The choice when nothing differs.</param>
/// <param name="startUp">Processor time that a fork saves.</param>
internal sealed class WarmStartTrial(IProgramRunner cold, IProgramRunner fork, RunnerChoice passed, TimeSpan startUp) : IProgramRunner
{
    // When start-up is a smaller share of a chunk's time, warm start is not worth running a chunk twice.
    private const double MinStartUpShare = 0.01;

    // A fork that hangs is given up after this many times the time of the process. The minimum is for short chunks on a busy machine.
    private const int TimeLimitFactor = 4;
    private static readonly TimeSpan MinTimeLimit = TimeSpan.FromSeconds(20);

    private volatile RunnerChoice? choice;
    private int inTrial;

    /// <summary>The choice now: this runner, until the trial is done.</summary>
    public RunnerChoice Choice => choice ?? new RunnerChoice(this, WarmMode.Off, "no chunk has succeeded in both ways yet");

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop)
    {
        if (choice is not null || Interlocked.Exchange(ref inTrial, 1) == 1)
            return await cold.RunAsync(start, stop);
        var outcome = await cold.RunAsync(start, stop);
        if (outcome is ProgramOutcome.Exited { Code: 0, Stragglers: false, Usage.Duration: var took })
            outcome = await TryAsync(start, outcome, took, stop);
        Volatile.Write(ref inTrial, 0); // without a decision, the next chunk tries
        return outcome;
    }

    private async Task<ProgramOutcome> TryAsync(ProgramStart start, ProgramOutcome outcome, TimeSpan took, CancellationToken stop)
    {
        if (startUp < took * MinStartUpShare)
        {
            choice = Off(string.Create(CultureInfo.InvariantCulture, $"a chunk takes {took.TotalSeconds:0} s and {startUp.TotalSeconds:0.#} s of start-up are less than 1 % of that"));
            return outcome;
        }

        var outputs = new TrialOutputs(start);
        try
        {
            outputs.MoveAside();
            choice = await CompareAsync(outputs, outputs.RerunStart(TimeLimit(start.Timeout, took)), stop);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            choice = Off($"the outputs of the first chunk could not be compared ({failure.Message})");
        }

        return outputs.Restore() is { } error ? new ProgramOutcome.NotStarted(error) : outcome;
    }

    // Null when the run was stopped before there was a decision.
    private async Task<RunnerChoice?> CompareAsync(TrialOutputs outputs, ProgramStart rerun, CancellationToken stop)
    {
        var forked = await fork.RunAsync(rerun, stop);
        if (forked is ProgramOutcome.Stopped)
            return null;
        if (TrialNote.Take(rerun) is { } act)
            return Off($"the script {act}, which is not done twice for a comparison; --warm fork forks without one");
        if (outputs.Difference(forked) is not { } difference)
            return passed;
        if (forked is not ProgramOutcome.Exited { Code: 0 })
            return Off($"the first chunk was run in both ways and {difference.Text} as a fork");
        outputs.Clear();
        var again = await cold.RunAsync(rerun, stop);
        return again is ProgramOutcome.Stopped ? null : Decide(difference, outputs.Difference(again));
    }

    // Two processes that differ only in times show that times vary by themselves. Whatever else differs between them, nothing can be shown for a fork.
    private RunnerChoice Decide(TrialDifference asFork, TrialDifference? asProcess) => (asFork, asProcess) switch
    {
        ({ OnlyTimes: true }, { OnlyTimes: true }) => passed,
        (_, null or { OnlyTimes: true }) => Off($"the first chunk was run in both ways and {asFork.Text}"),
        _ => Off($"the script does not leave the same twice ({asProcess.Text}), so a fork cannot be compared; --warm fork forks without a comparison"),
    };

    private static TimeSpan TimeLimit(TimeSpan? timeout, TimeSpan took)
    {
        var limit = TimeSpan.FromTicks(Math.Max(MinTimeLimit.Ticks, took.Ticks * TimeLimitFactor));
        return timeout < limit ? timeout.Value : limit;
    }

    private RunnerChoice Off(string reason) => new(cold, WarmMode.Off, reason);
}
