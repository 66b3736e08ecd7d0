using System.Text.Json;
using System.Text.Json.Serialization;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Json;

/// <summary>Source-generated JSON of everything that crosses a process: camelCase names, kebab-case words, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true,
    MaxDepth = 128)] // a result may be 64 deep, and stands in a message
[JsonSerializable(typeof(RunSpec))]
[JsonSerializable(typeof(RunChunk))]
[JsonSerializable(typeof(AttemptReports))]
[JsonSerializable(typeof(RunChanged))]
[JsonSerializable(typeof(RunSubmitted))]
[JsonSerializable(typeof(SubmitRun))]
[JsonSerializable(typeof(ChangeRun))]
[JsonSerializable(typeof(ForgetRun))]
[JsonSerializable(typeof(RunCommandResult))]
[JsonSerializable(typeof(RunControlMessage))]
[JsonSerializable(typeof(HostControlMessage))]
[JsonSerializable(typeof(HostHeartbeat))]
[JsonSerializable(typeof(LeaseTaken))]
[JsonSerializable(typeof(ChunkDead))]
[JsonSerializable(typeof(ChunksReturned))]
[JsonSerializable(typeof(RunView))]
[JsonSerializable(typeof(IReadOnlyList<RunView>))]
[JsonSerializable(typeof(ChunkView))]
[JsonSerializable(typeof(AttemptView))]
[JsonSerializable(typeof(IReadOnlyList<AttemptView>))]
[JsonSerializable(typeof(HostView))]
[JsonSerializable(typeof(IReadOnlyList<SlotSpan>))]
[JsonSerializable(typeof(IReadOnlyList<HostView>))]
[JsonSerializable(typeof(ServerView))]
[JsonSerializable(typeof(TokenView))]
[JsonSerializable(typeof(IReadOnlyList<TokenView>))]
[JsonSerializable(typeof(NewToken))]
[JsonSerializable(typeof(CreatedToken))]
[JsonSerializable(typeof(Page<RunView>))]
[JsonSerializable(typeof(Page<ChunkView>))]
[JsonSerializable(typeof(Page<AttemptView>))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(BrokerView))]
[JsonSerializable(typeof(RunResult))]
[JsonSerializable(typeof(StateStrip))]
[JsonSerializable(typeof(IReadOnlyList<TimelineBucket>))]
public sealed partial class ContractsJson : JsonSerializerContext
{
    private static ContractsJson? indented;

    /// <summary>The same, indented and with every character readable, for people.</summary>
    public static ContractsJson Indented => indented ??= new(new JsonSerializerOptions(Default.Options)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
