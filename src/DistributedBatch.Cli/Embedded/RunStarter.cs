using DistributedBatch.Cli.State;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Producer.Intake;

namespace DistributedBatch.Cli.Embedded;

/// <summary>How a run was started.</summary>
internal enum StartKind
{
    /// <summary>The run was submitted.</summary>
    New,

    /// <summary>The run was unfinished and continues.</summary>
    Resumed,

    /// <summary>The run was settled with failed or cancelled chunks, which get new attempts.</summary>
    Retried,

    /// <summary>All chunks of the run had succeeded.</summary>
    AlreadySucceeded,
}

/// <summary>Starts a run in the producer: submits it, or continues it from its state in the ledger.</summary>
/// <param name="intake">The producer's interface.</param>
/// <param name="record">The run.</param>
internal sealed class RunStarter(RunIntake intake, RunRecord record)
{
    /// <summary>Starts the run.</summary>
    /// <param name="spec">The run; null when it must be in the ledger.</param>
    public async Task<(StartKind Kind, IReadOnlyList<string> Mistakes)> StartAsync(RunSpec? spec)
    {
        var known = intake.Runs.FirstOrDefault(run => run.Run == record.Run);
        if (known is not null)
            await intake.PublishAgainAsync(record.Run, CancellationToken.None);
        return known switch
        {
            null when spec is null =>
                (StartKind.New, [$"Run {record.Name} ({record.Run}) ended before its first chunk. Give its whole command again with --name {record.Name}."]),
            null => (StartKind.New, (await intake.SubmitAsync(spec, CancellationToken.None)).Mistakes),
            { State: RunState.Succeeded } => (StartKind.AlreadySucceeded, []),
            { IsSettled: true } => (StartKind.Retried, (await ChangeAsync(RunAction.Retry)).Mistakes),
            _ => (StartKind.Resumed, await ResumeAsync()),
        };
    }

    private async Task<IReadOnlyList<string>> ResumeAsync()
    {
        var result = await ChangeAsync(RunAction.Resume);
        // A kill may have come between the last success and its commit in the ledger. Then reading the run settles it, and there is nothing left to resume.
        return intake.Runs.First(run => run.Run == record.Run).IsSettled ? [] : result.Mistakes;
    }

    private Task<RunCommandResult> ChangeAsync(RunAction action) => intake.ChangeAsync(record.Run, action, CancellationToken.None);
}
