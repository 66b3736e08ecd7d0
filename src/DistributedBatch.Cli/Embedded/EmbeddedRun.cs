using DistributedBatch.Cli.Checks;
using DistributedBatch.Cli.Hosting;
using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Plan;
using DistributedBatch.Cli.Requests;
using DistributedBatch.Cli.State;
using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Cli.Embedded;

/// <summary>Runs a checked request of <c>dbatch run</c>: locks the state directory and works on one run in it.</summary>
internal static class EmbeddedRun
{
    /// <summary>Starts or continues the run of <paramref name="request"/>.</summary>
    public static async Task<int> StartAsync(RunRequest request, bool json)
    {
        using var groups = HostIsolation.Open(request.Isolation, out var refusal);
        if (refusal is not null)
            return ErrorOutput.Usage(refusal);

        // The interpreter reads the script while the services start.
        var check = request.Script?.MistakeAsync() ?? Task.FromResult<string?>(null);
        using var state = StateDirectory.Open(request.StateDirectory, out var mistake);
        if (state is null)
            return ErrorOutput.Usage(mistake!);
        var records = new RunRecords(state.Path);
        var record = RunResolver.Resolve(request, records, TimeProvider.System.GetUtcNow(), out mistake);
        if (record is null)
            return ErrorOutput.Usage(mistake!);

        var spec = request.Spec with { Id = record.Run, Name = record.Name };
        var plan = new RunPlan(spec);
        var newChunks = records.Find(record.Run) is null ? plan.Chunks ?? plan.Items : 0;
        return await WorkAsync(state, records, record, spec, newChunks, check, request.Slots, groups, json);
    }

    /// <summary>Continues an earlier run.</summary>
    public static async Task<int> ResumeAsync(string run, int? slots, IsolationMode isolation, string stateDirectory, bool json)
    {
        if (!Directory.Exists(stateDirectory))
            return ErrorOutput.Usage($"There are no runs in {stateDirectory} to resume.");
        using var groups = HostIsolation.Open(isolation, out var refusal);
        if (refusal is not null)
            return ErrorOutput.Usage(refusal);
        using var state = StateDirectory.Open(stateDirectory, out var mistake);
        if (state is null)
            return ErrorOutput.Usage(mistake!);
        var records = new RunRecords(state.Path);
        return records.Find(run, out mistake) is { } record
            ? await WorkAsync(state, records, record, spec: null, newChunks: 0, Task.FromResult<string?>(null), slots, groups, json)
            : ErrorOutput.Usage(mistake!);
    }

    private static async Task<int> WorkAsync(
        StateDirectory state, RunRecords records, RunRecord record, RunSpec? spec, long newChunks, Task<string?> check, int? slots, AttemptCgroups? groups, bool json)
    {
        // The default directory belongs to this run alone.
        var chosen = record.OutputDirectory != records.DefaultOutputsOf(record.Run);
        string? mistake = null;
        using var outputs = chosen ? OutputFolder.Open(record.OutputDirectory, newChunks, out mistake) : null;
        if (mistake is not null)
            return ErrorOutput.Usage(mistake);
        try
        {
            records.Save(record);
            using var signals = new StopSignals();
            return await new EmbeddedSession(state.Path, records, record, signals).RunAsync(spec, check, slots, groups, json);
        }
        catch (Exception failure) when (StartFailure.Sentence(failure) is not null)
        {
            return ErrorOutput.Usage(StartFailure.Sentence(failure)!);
        }
    }
}
