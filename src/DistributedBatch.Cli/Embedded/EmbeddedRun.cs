using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Options;

namespace DistributedBatch.Cli.Embedded;

/// <summary>Runs everything in this process.</summary>
internal static class EmbeddedRun
{
    /// <summary>Starts or continues the run of <paramref name="request"/>.</summary>
    public static Task<int> StartAsync(RunRequest request, bool json) =>
        Task.FromResult(Complaint.Usage($"Running '{request.Spec.Name}' {(json ? "with --json " : "")}is not built yet; --dry-run is."));

    /// <summary>Continues a run.</summary>
    public static Task<int> ResumeAsync(string run, int? slots, string state, bool json) =>
        Task.FromResult(Complaint.Usage($"Resuming '{run}' in {state} {(json ? "with --json " : "")}on {slots} slots is not built yet."));
}
