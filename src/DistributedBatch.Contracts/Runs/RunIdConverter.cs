using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistributedBatch.Contracts.Runs;

/// <summary>Writes a <see cref="RunId"/> as a JSON string.</summary>
public sealed class RunIdConverter : JsonConverter<RunId>
{
    /// <inheritdoc/>
    public override RunId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        RunId.TryParse(reader.GetString(), out var id) ? id : throw new JsonException("not a run id");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RunId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
