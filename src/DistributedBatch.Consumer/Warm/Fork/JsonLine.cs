using System.Buffers;
using System.Text.Json;

namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>Writes a request to a zygote: one JSON object on one line.</summary>
internal static class JsonLine
{
    /// <summary>The line, in UTF-8.</summary>
    /// <param name="write">Writes the members of the object.</param>
    public static byte[] Of(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }
}
