using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DistributedBatch.Cli.Output;

/// <summary>JSON that people read: indented, with every character as itself.</summary>
internal static class JsonText
{
    /// <summary>The JSON text of <paramref name="value"/>.</summary>
    public static string Of<T>(T value, JsonTypeInfo<T> type)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            JsonSerializer.Serialize(writer, value, type);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
