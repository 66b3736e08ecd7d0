using System.Text.Json.Serialization;

namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>A line that a zygote sent. Its fields depend on <see cref="Event"/>.</summary>
internal sealed record ZygoteEvent
{
    /// <summary><c>ready</c>, <c>unsupported</c>, <c>unsafe</c>, <c>started</c>, <c>failed</c>, <c>exited</c> or <c>stale</c>.</summary>
    public required string Event { get; init; }

    /// <summary>The job it is about.</summary>
    public long Id { get; init; }

    /// <summary>Process id, of the zygote (<c>ready</c>) or the job (<c>started</c>).</summary>
    public int Pid { get; init; }

    /// <summary><c>exited</c>: the status from wait4(2).</summary>
    public int Status { get; init; }

    /// <summary><c>exited</c>: whether the job was asked to stop while it ran.</summary>
    public bool Stopped { get; init; }

    /// <summary><c>exited</c>: whether other processes of the job outlived it and were killed.</summary>
    public bool Stragglers { get; init; }

    /// <summary><c>exited</c>: user and system time, in seconds.</summary>
    public double Cpu { get; init; }

    /// <summary>Largest resident set in bytes, of the zygote (<c>ready</c>) or the job (<c>exited</c>, with pages of the zygote).</summary>
    public long Rss { get; init; }

    /// <summary><c>exited</c>: bytes read from disks.</summary>
    public long Read { get; init; }

    /// <summary><c>exited</c>: bytes written to disks.</summary>
    public long Written { get; init; }

    /// <summary><c>unsupported</c>, <c>unsafe</c>: why. <c>ready</c>: why modules are left; null when the job itself reports that.</summary>
    public string? Reason { get; init; }

    /// <summary><c>failed</c>: the system's error text.</summary>
    public string? Error { get; init; }

    /// <summary><c>unsafe</c>: the module that must not be preloaded.</summary>
    public string? Module { get; init; }

    /// <summary><c>ready</c>: modules that were imported.</summary>
    public IReadOnlyList<string> Imported { get; init; } = [];

    /// <summary><c>ready</c>: modules that each job imports itself, in the order of the script.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];

    /// <summary><c>ready</c>: whether the script defines <c>process</c>.</summary>
    public bool Process { get; init; }

    /// <summary><c>ready</c>: processor time from the start of the interpreter until now, in seconds. Every job saves this.</summary>
    public double Seconds { get; init; }
}

/// <summary>Parses zygote events.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ZygoteEvent))]
internal sealed partial class ZygoteJson : JsonSerializerContext;
