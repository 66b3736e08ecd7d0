using System.Text.Json.Serialization;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Runs;

/// <summary>How much of a Python start is paid once instead of once per chunk.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<WarmMode>))]
public enum WarmMode
{
    /// <summary>Fork where the self-checks allow it, else a process per chunk; the summary says which and why.</summary>
    Auto,

    /// <summary>A preloaded interpreter forks once per chunk; the script is unmodified.</summary>
    Fork,

    /// <summary>The interpreter stays and calls the script's <c>process(start, count)</c> for each chunk.</summary>
    Keep,

    /// <summary>A new process per chunk.</summary>
    Off,
}
