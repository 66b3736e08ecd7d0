using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Intake;

namespace DistributedBatch.Cli.Embedded;

/// <summary>How a run came to be worked on.</summary>
internal enum EntryKind
{
    /// <summary>It was submitted now.</summary>
    New,

    /// <summary>It was unfinished and goes on.</summary>
    Continued,

    /// <summary>It was settled with failed or cancelled chunks, which get new attempts.</summary>
    Retried,

    /// <summary>All its chunks had succeeded.</summary>
    AlreadySucceeded,
}

/// <summary>Brings a run to life in the producer: submits it, or goes on with it from where the ledger says it stands.</summary>
/// <param name="intake">The producer's door.</param>
/// <param name="record">The run.</param>
internal sealed class RunEntry(RunIntake intake, RunRecord record)
{
    /// <summary>Enters the run.</summary>
    /// <param name="spec">The run; null when it must be in the ledger.</param>
    public async Task<(EntryKind Kind, IReadOnlyList<string> Mistakes)> EnterAsync(RunSpec? spec)
    {
        var known = intake.Runs.FirstOrDefault(run => run.Run == record.Run);
        if (known is not null)
            await intake.PublishAgainAsync(record.Run, CancellationToken.None);
        switch (known)
        {
            case null when spec is null:
                return (EntryKind.New, [$"Run {record.Name} ({record.Run}) never got as far as its first chunk; give its whole command again with --name {record.Name}."]);
            case null:
                return (EntryKind.New, (await intake.SubmitAsync(spec, CancellationToken.None)).Mistakes);
            case { State: RunState.Succeeded }:
                return (EntryKind.AlreadySucceeded, []);
            case { IsSettled: true }:
                return (EntryKind.Retried, (await ChangeAsync(RunAction.Retry)).Mistakes);
            default:
                return (EntryKind.Continued, (await ChangeAsync(RunAction.Resume)).Mistakes);
        }
    }

    private Task<RunCommandResult> ChangeAsync(RunAction action) => intake.ChangeAsync(record.Run, action, CancellationToken.None);
}
