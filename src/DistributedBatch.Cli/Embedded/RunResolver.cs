using System.Globalization;
using DistributedBatch.Cli.Requests;
using DistributedBatch.Cli.State;
using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Embedded;

/// <summary>Decides whether a command starts a new run or continues an earlier one.</summary>
internal static class RunResolver
{
    /// <summary>
    /// The record of the earlier run with the same name and the same work, else a new record. A default name never selects an earlier run; it gets a
    /// number instead.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="records">The runs of the state directory.</param>
    /// <param name="now">The time.</param>
    /// <param name="mistake">Why neither is possible; null otherwise.</param>
    public static RunRecord? Resolve(RunRequest request, RunRecords records, DateTimeOffset now, out string? mistake)
    {
        mistake = null;
        var fingerprint = RunFingerprint.Of(request.Spec);
        if (!request.Named)
            return New(request, FreeName(request.Spec.Name, records), fingerprint, records, now);
        if (records.Newest(request.Spec.Name) is not { } known)
            return New(request, request.Spec.Name, fingerprint, records, now);
        if (known.Fingerprint == fingerprint && request.Spec.Job.OutputDirectory is { } outputs && outputs != known.OutputDirectory)
        {
            mistake = $"The run {known.Name} ({known.Run}) writes its outputs to {known.OutputDirectory}, not to {outputs}. Leave --out out to resume it, or choose another --name.";
            return null;
        }

        if (known.Fingerprint == fingerprint)
            return known with { After = request.Spec.After, Before = request.Spec.Before, Env = request.Spec.Job.Env };
        if (known.IsComplete)
            return New(request, request.Spec.Name, fingerprint, records, now);
        mistake = CommandHint.Complete(
            $"The unfinished run {known.Name} ({known.Run}) is a different run: its command, items or chunk size differ. "
            + $"Choose another --name, or resume the run: dbatch run --resume {known.Run}",
            StateDirectory.CommandOption(request.StateDirectory));
        return null;
    }

    private static RunRecord New(RunRequest request, string name, string fingerprint, RunRecords records, DateTimeOffset now)
    {
        var run = RunId.New();
        return new RunRecord
        {
            Run = run,
            Name = name,
            Fingerprint = fingerprint,
            CreatedAt = now,
            Before = request.Spec.Before,
            After = request.Spec.After,
            WorkingDirectory = request.WorkingDirectory,
            OutputDirectory = request.Spec.Job.OutputDirectory ?? records.DefaultOutputsOf(run),
            Env = request.Spec.Job.Env,
        };
    }

    private static string FreeName(string name, RunRecords records)
    {
        var taken = records.All().Select(record => record.Name).ToHashSet(StringComparer.Ordinal);
        var free = name;
        for (var number = 2; taken.Contains(free); number++)
            free = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        return free;
    }
}
