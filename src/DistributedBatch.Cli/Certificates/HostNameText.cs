using System.Net;

namespace DistributedBatch.Cli.Certificates;

/// <summary>Checks names that go into certificates, file names, patterns and shell commands, so that they have safe characters only.</summary>
internal static class HostNameText
{
    private const int MaxLength = 253;

    /// <summary>Whether <paramref name="text"/> is the name of a host or an IP address.</summary>
    public static bool IsHost(string text) => IsName(text) || IPAddress.TryParse(text, out _);

    /// <summary>Whether <paramref name="text"/> has only letters, digits, dots, dashes and underscores, and starts with neither a dot nor a dash.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= MaxLength && text[0] is not ('.' or '-') && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_');
}
