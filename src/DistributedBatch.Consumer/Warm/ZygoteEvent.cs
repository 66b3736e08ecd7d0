using System.Text.Json.Serialization;

namespace DistributedBatch.Consumer.Warm;

/// <summary>A line a zygote sent; which fields it has depends on <see cref="Event"/>.</summary>
internal sealed record ZygoteEvent
{
    /// <summary><c>ready</c>, <c>unfit</c>, <c>spoilt</c>, <c>started</c>, <c>failed</c>, <c>ended</c> or <c>stale</c>.</summary>
    public required string Event { get; init; }

    /// <summary>The job it is about.</summary>
    public long Id { get; init; }

    /// <summary>Process id, of the zygote (<c>ready</c>) or the job (<c>started</c>).</summary>
    public int Pid { get; init; }

    /// <summary><c>ended</c>: the status as wait4(2) gave it.</summary>
    public int Status { get; init; }

    /// <summary><c>ended</c>: whether the job was told to stop while it ran.</summary>
    public bool Stopped { get; init; }

    /// <summary><c>ended</c>: user and system seconds.</summary>
    public double Cpu { get; init; }

    /// <summary>Largest resident set in bytes, of the zygote (<c>ready</c>) or the job (<c>ended</c>), which counts what it shares with the zygote.</summary>
    public long Rss { get; init; }

    /// <summary><c>ended</c>: bytes read from disks.</summary>
    public long Read { get; init; }

    /// <summary><c>ended</c>: bytes written to disks.</summary>
    public long Written { get; init; }

    /// <summary><c>unfit</c>, <c>spoilt</c>: why.</summary>
    public string? Reason { get; init; }

    /// <summary><c>failed</c>: what the system said.</summary>
    public string? Error { get; init; }

    /// <summary><c>spoilt</c>: the module that must not be preloaded.</summary>
    public string? Module { get; init; }

    /// <summary><c>ready</c>: modules that were imported.</summary>
    public IReadOnlyList<string> Imported { get; init; } = [];

    /// <summary><c>ready</c>: modules that were not, and why.</summary>
    public IReadOnlyDictionary<string, string> Skipped { get; init; } = new Dictionary<string, string>();

    /// <summary><c>ready</c>: modules that would have made forking unsafe, and how; they are left to the jobs.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> Unsafe { get; init; } = new Dictionary<string, string>();

    /// <summary><c>ready</c>: whether the script offers <c>process</c>.</summary>
    public bool Process { get; init; }

    /// <summary><c>ready</c>: processor seconds from the start of the interpreter until here, which every job saves.</summary>
    public double Seconds { get; init; }
}

/// <summary>How zygote events are read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ZygoteEvent))]
internal sealed partial class ZygoteJson : JsonSerializerContext;
