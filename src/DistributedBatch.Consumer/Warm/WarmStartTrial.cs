using System.Globalization;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>
/// Does the first chunk of a run twice, in a process of its own and then as a fork, and compares what the two left. Until that is known, chunks get a
/// process each; the outputs of the process are those that count.
/// </summary>
/// <param name="cold">Starts a process per chunk.</param>
/// <param name="fork">Forks for the trial.</param>
/// <param name="passed">The choice when both leave the same.</param>
/// <param name="startUp">What a fork saves, in processor time.</param>
internal sealed class WarmStartTrial(IProgramRunner cold, IProgramRunner fork, WarmChoice passed, TimeSpan startUp) : IProgramRunner
{
    // Below this share of a chunk's time a warm start is not worth doing a chunk twice.
    private const double WorthTrying = 0.01;

    // A fork that hangs where the process did not is found after so many times the process's time, and not before a chunk could have been unlucky.
    private const int PatienceFactor = 4;
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(20);

    private volatile WarmChoice? choice;
    private int taken;

    /// <summary>How chunks are started now: by this runner until it is decided.</summary>
    public WarmChoice Choice => choice ?? new WarmChoice(this, WarmMode.Off, "no chunk has succeeded in both ways yet");

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop)
    {
        if (choice is not null || Interlocked.Exchange(ref taken, 1) == 1)
            return await cold.RunAsync(start, stop);
        var outcome = await cold.RunAsync(start, stop);
        if (outcome is ProgramOutcome.Exited { Code: 0, Stragglers: false, Usage.Duration: var took })
            outcome = await TryAsync(start, outcome, took, stop);
        Volatile.Write(ref taken, 0); // where nothing was decided, the next chunk tries
        return outcome;
    }

    private async Task<ProgramOutcome> TryAsync(ProgramStart start, ProgramOutcome outcome, TimeSpan took, CancellationToken stop)
    {
        if (startUp < took * WorthTrying)
        {
            choice = new WarmChoice(cold, WarmMode.Off, string.Create(CultureInfo.InvariantCulture, $"a chunk takes {took.TotalSeconds:0} s and {startUp.TotalSeconds:0.#} s of start-up are less than 1 % of that"));
            return outcome;
        }

        var outputs = new TrialOutputs(start);
        try
        {
            outputs.SetAside();
            var trial = await fork.RunAsync(outputs.Trial(Patience(start.Timeout, took)), stop);
            if (trial is not ProgramOutcome.Stopped)
                choice = outputs.Difference(trial) is { } difference ? Failed(difference) : passed;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            choice = Failed($"its outputs could not be compared ({failure.Message})");
        }

        return outputs.PutBack() is { } error ? new ProgramOutcome.NotStarted(error) : outcome;
    }

    private static TimeSpan Patience(TimeSpan? timeout, TimeSpan took)
    {
        var patience = TimeSpan.FromTicks(Math.Max(LeastPatience.Ticks, took.Ticks * PatienceFactor));
        return timeout < patience ? timeout.Value : patience;
    }

    private WarmChoice Failed(string difference) => new(
        cold, WarmMode.Off, $"the first chunk was done in both ways and {difference}; --warm fork forks all the same");
}
