using System.Text.Json.Serialization;

namespace DistributedBatch.Cli.State;

/// <summary>
/// What <c>dbatch run</c> stores about a run beside the ledger: the command, and whether its <c>before</c> and <c>after</c> are done. Stored in
/// <c>runs/RUN/run.json</c>.
/// </summary>
internal sealed record RunRecord
{
    /// <summary>The run.</summary>
    public required RunId Run { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Identifies the work; see <see cref="RunFingerprint"/>.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>When the run was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Command that runs once before the first chunk; empty for none.</summary>
    public IReadOnlyList<string> Before { get; init; } = [];

    /// <summary>Command that runs once after all chunks succeeded; empty for none.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>Directory in which both run.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Directory with one folder per succeeded chunk.</summary>
    public required string OutputDirectory { get; init; }

    /// <summary>Variables of the attempts and of both commands.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether <see cref="Before"/> has succeeded.</summary>
    public bool BeforeDone { get; init; }

    /// <summary>Whether <see cref="After"/> has succeeded.</summary>
    public bool AfterDone { get; init; }

    /// <summary>Whether all chunks had succeeded at the end of the last <c>dbatch run</c>.</summary>
    public bool Succeeded { get; init; }

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsComplete => Succeeded && (After.Count == 0 || AfterDone);
}

/// <summary>Source-generated JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunRecordContext : JsonSerializerContext;
