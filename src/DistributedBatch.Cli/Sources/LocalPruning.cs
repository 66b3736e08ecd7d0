using DistributedBatch.Cli.Checks;
using DistributedBatch.Cli.Embedded;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Retention;
using Microsoft.Extensions.DependencyInjection;

namespace DistributedBatch.Cli.Sources;

/// <summary>Forgets runs of a state directory. It takes the directory as <c>dbatch run</c> does, because ledger and tracker have one writer each.</summary>
internal static class LocalPruning
{
    /// <summary>Forgets <paramref name="runs"/>; an answer for each.</summary>
    public static async Task<IReadOnlyList<RunCommandResult>> ForgetAsync(string stateDirectory, IReadOnlyList<RunId> runs, CancellationToken cancellation)
    {
        using var state = StateDirectory.Take(stateDirectory, out var mistake);
        if (state is null)
            return [.. runs.Select(_ => RunCommandResult.Refused(mistake!))];
        using var host = EmbeddedHost.BuildIdle(state.Path);
        await host.StartAsync(cancellation);
        var remover = host.Services.GetRequiredService<RunRemover>();
        var answers = new List<RunCommandResult>(runs.Count);
        foreach (var run in runs)
            answers.Add(await remover.ForgetAsync(run, cancellation));
        await remover.CleanAsync(cancellation);
        await host.StopAsync(CancellationToken.None);
        return answers;
    }
}
