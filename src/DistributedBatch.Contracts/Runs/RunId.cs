using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace DistributedBatch.Contracts.Runs;

/// <summary>
/// Names a run everywhere: ten lower-case letters and digits without the look-alikes <c>i l o u</c>. Random rather than ordered, so that a short
/// prefix is enough to say which run is meant.
/// </summary>
[JsonConverter(typeof(RunIdConverter))]
public readonly record struct RunId
{
    /// <summary>Characters in an id; 32 to the power of 10 ids make a clash unlikely in a lab's lifetime.</summary>
    public const int Length = 10;

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private readonly string? value;

    private RunId(string value) => this.value = value;

    /// <summary>The id as text; empty for <c>default</c>.</summary>
    public string Value => value ?? "";

    /// <summary>A new random id.</summary>
    public static RunId New() => new(RandomNumberGenerator.GetString(Alphabet, Length));

    /// <summary>Reads an id; false when <paramref name="text"/> is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out RunId id)
    {
        var valid = text is { Length: Length } && text.All(letter => Alphabet.Contains(letter, StringComparison.Ordinal));
        id = valid ? new RunId(text!) : default;
        return valid;
    }

    /// <summary>Reads an id that is known to be one.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is not a run id.</exception>
    public static RunId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a run id.");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
