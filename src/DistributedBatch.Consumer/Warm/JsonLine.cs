using System.Buffers;
using System.Text.Json;

namespace DistributedBatch.Consumer.Warm;

/// <summary>One line of the conversation with a zygote.</summary>
internal static class JsonLine
{
    /// <summary>An object, as JSON on a line.</summary>
    /// <param name="write">Writes what is in it.</param>
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
