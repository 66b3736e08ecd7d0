using System.Text.Json.Serialization;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Runs;

/// <summary>What a user can do to a run.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<RunAction>))]
public enum RunAction
{
    /// <summary>Feed nothing new; running attempts finish, queued chunks come back.</summary>
    Pause,

    /// <summary>Go on after a pause.</summary>
    Resume,

    /// <summary>Stop running attempts and settle the run.</summary>
    Cancel,

    /// <summary>Give the failed and cancelled chunks of a settled run new attempts.</summary>
    Retry,
}
