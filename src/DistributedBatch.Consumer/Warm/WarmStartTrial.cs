using System.Globalization;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>
/// Runs the first chunk of a run twice, in a process of its own and as a fork, and compares the outputs. The outputs of the process count. Until the
/// comparison is done, each chunk gets a process of its own.
/// </summary>
/// <param name="cold">Starts a process per chunk.</param>
/// <param name="fork">Forks for the trial.</param>
/// <param name="passed">The choice when the outputs are the same.</param>
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
            choice = new RunnerChoice(
                cold,
                WarmMode.Off,
                string.Create(CultureInfo.InvariantCulture, $"a chunk takes {took.TotalSeconds:0} s and {startUp.TotalSeconds:0.#} s of start-up are less than 1 % of that"));
            return outcome;
        }

        var outputs = new TrialOutputs(start);
        try
        {
            outputs.MoveAside();
            var trial = await fork.RunAsync(outputs.TrialStart(TimeLimit(start.Timeout, took)), stop);
            if (trial is not ProgramOutcome.Stopped)
                choice = outputs.Difference(trial) is { } difference ? Failed(difference) : passed;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            choice = Failed($"its outputs could not be compared ({failure.Message})");
        }

        return outputs.Restore() is { } error ? new ProgramOutcome.NotStarted(error) : outcome;
    }

    private static TimeSpan TimeLimit(TimeSpan? timeout, TimeSpan took)
    {
        var limit = TimeSpan.FromTicks(Math.Max(MinTimeLimit.Ticks, took.Ticks * TimeLimitFactor));
        return timeout < limit ? timeout.Value : limit;
    }

    private RunnerChoice Failed(string difference) => new(
        cold, WarmMode.Off, $"the first chunk was run in both ways and {difference}; --warm fork forks without this comparison");
}
