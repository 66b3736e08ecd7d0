using DistributedBatch.Cli.Checks;
using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Cli.Requests;

/// <summary>A checked request of <c>dbatch run</c> or <c>dbatch submit</c>.</summary>
internal sealed record RunRequest
{
    /// <summary>The run.</summary>
    public required RunSpec Spec { get; init; }

    /// <summary>Whether the user named the run. Then the same command continues it.</summary>
    public required bool Named { get; init; }

    /// <summary>Attempts at once; null lets the consumer choose the number.</summary>
    public int? Slots { get; init; }

    /// <summary>How this machine contains the attempts.</summary>
    public IsolationMode Isolation { get; init; }

    /// <summary>Reads the Python script of the command before the first chunk; null when there is none.</summary>
    public PythonScriptCheck? Script { get; init; }

    /// <summary>Absolute path of the state directory.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Absolute directory in which <c>before</c>, <c>after</c> and, on one box, the attempts run.</summary>
    public required string WorkingDirectory { get; init; }
}
