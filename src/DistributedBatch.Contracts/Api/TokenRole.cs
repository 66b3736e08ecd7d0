using System.Text.Json.Serialization;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Api;

/// <summary>What the bearer of a token may do.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<TokenRole>))]
public enum TokenRole
{
    /// <summary>Look at everything: runs, logs, outputs, metrics.</summary>
    View,

    /// <summary>Look, and submit runs; and so run any program on the hosts.</summary>
    Submit,

    /// <summary>Everything: steer every run, and make and revoke tokens.</summary>
    Operate,

    /// <summary>Bring outputs and logs, as a host does, and nothing else.</summary>
    Host,
}
