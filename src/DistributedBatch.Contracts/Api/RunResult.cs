using System.Text.Json;
using System.Text.Json.Serialization;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Api;

/// <summary>The small result of one chunk.</summary>
/// <param name="Index">Number of the chunk.</param>
/// <param name="Attempt">The attempt that counts.</param>
/// <param name="Result">The JSON it wrote to <c>DBATCH_RESULT</c>.</param>
public sealed record RunResult(int Index, int Attempt, [property: JsonConverter(typeof(ProgramJsonConverter))] JsonElement Result);
