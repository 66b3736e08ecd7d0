using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using DistributedBatch.Cli.Doctor;
using DistributedBatch.Cli.Embedded;
using DistributedBatch.Cli.Joining;
using DistributedBatch.Cli.Plan;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Cli.Summary;

namespace DistributedBatch.Cli.Output;

/// <summary>Source-generated JSON of what only the command line prints; the rest is in the contracts.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(PlanJson))]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
[JsonSerializable(typeof(RunSummary))]
[JsonSerializable(typeof(ServerProblem))]
[JsonSerializable(typeof(SubmittedJson))]
[JsonSerializable(typeof(Invitation))]
[JsonSerializable(typeof(PrunedJson))]
internal sealed partial class CliJson : JsonSerializerContext
{
    private static CliJson? readable;
    private static CliJson? compact;

    /// <summary>Indented, with every character as itself.</summary>
    public static CliJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>On one line.</summary>
    public static CliJson Compact => compact ??= new(new JsonSerializerOptions(Default.Options) { WriteIndented = false });
}
