using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Embedded;

/// <summary>
/// What <c>dbatch run</c> itself must remember of a run, beside the ledger: which command it was, and which of the two commands around the chunks are done.
/// Kept in <c>runs/RUN/run.json</c>.
/// </summary>
internal sealed record RunRecord
{
    /// <summary>The run.</summary>
    public required RunId Run { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Tells whether the same command was given again; see <see cref="RunFingerprint"/>.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>When it was first asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Command run once before anything is enqueued; empty for none.</summary>
    public IReadOnlyList<string> Before { get; init; } = [];

    /// <summary>Command run once after all chunks succeeded; empty for none.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>Directory both run in.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Directory with one folder per succeeded chunk.</summary>
    public required string OutputDirectory { get; init; }

    /// <summary>Variables of the attempts, which both get too.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether <see cref="Before"/> has succeeded.</summary>
    public bool BeforeDone { get; init; }

    /// <summary>Whether <see cref="After"/> has succeeded.</summary>
    public bool AfterDone { get; init; }

    /// <summary>Whether all chunks had succeeded when the run was last worked on.</summary>
    public bool Succeeded { get; init; }

    /// <summary>Whether nothing at all is left to do.</summary>
    public bool IsComplete => Succeeded && (After.Count == 0 || AfterDone);
}
