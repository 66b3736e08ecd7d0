using System.Text.Json.Serialization;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Chunks;

/// <summary>How one attempt ended.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<AttemptOutcome>))]
public enum AttemptOutcome
{
    /// <summary>Exit code 0.</summary>
    Succeeded,

    /// <summary>Any other exit code.</summary>
    ExitCode,

    /// <summary>Ended by a signal that we did not send.</summary>
    Signal,

    /// <summary>Ran longer than its limit and was stopped.</summary>
    Timeout,

    /// <summary>Killed because memory ran out.</summary>
    OutOfMemory,

    /// <summary>Its host stopped answering.</summary>
    HostLost,

    /// <summary>The program could not be started.</summary>
    NotStarted,

    /// <summary>Stopped because its run was cancelled. Costs no attempt.</summary>
    Cancelled,

    /// <summary>Stopped or handed back because its host drained or was preempted. Costs no attempt.</summary>
    Released,
}
