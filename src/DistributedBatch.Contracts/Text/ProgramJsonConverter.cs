using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistributedBatch.Contracts.Text;

/// <summary>
/// Writes JSON that a program wrote, on one line. Programs may write what .NET cannot hold as a text, such as half of a surrogate pair, which Python uses for file
/// names that are not UTF-8 (<c>"lat\udce9.png"</c>), and may nest deeper than our own messages. Both pass unchanged.
/// </summary>
public sealed class ProgramJsonConverter : JsonConverter<JsonElement>
{
    private static readonly JsonWriterOptions Deep = new() { MaxDepth = 1000 };

    /// <inheritdoc/>
    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => JsonElement.ParseValue(ref reader);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var line = new ArrayBufferWriter<byte>();
        try
        {
            using var plain = new Utf8JsonWriter(line, Deep);
            value.WriteTo(plain);
            plain.Flush();
            writer.WriteRawValue(line.WrittenSpan, skipInputValidation: true);
        }
        catch (Exception failure) when (failure is InvalidOperationException or ArgumentException)
        {
            writer.WriteRawValue(AsWritten(value.GetRawText()), skipInputValidation: true);
        }
    }

    // The program's own text without the blanks between its values; every letter outside ASCII as an escape, as the plain way writes it.
    private static string AsWritten(string json)
    {
        var line = new StringBuilder(json.Length);
        var inString = false;
        for (var at = 0; at < json.Length; at++)
        {
            var letter = json[at];
            if (!inString && char.IsWhiteSpace(letter))
                continue;
            if (letter == '"')
                inString = !inString;
            if (letter is < ' ' or > '~')
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}");
            else
                line.Append(letter);
            if (inString && letter == '\\')
                line.Append(json[++at]);
        }

        return line.ToString();
    }
}
