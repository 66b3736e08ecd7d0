using System.Net;

namespace DistributedBatch.Cli.Certificates;

/// <summary>Names that go into certificates, file names, patterns and shell commands, and so are made of harmless characters only.</summary>
internal static class HostNameText
{
    private const int Longest = 253;

    /// <summary>Whether <paramref name="text"/> is the name of a host or an IP address.</summary>
    public static bool IsHost(string text) => IsName(text) || IPAddress.TryParse(text, out _);

    /// <summary>Whether <paramref name="text"/> is made of letters, digits, dots, dashes and underscores and does not start with a dot or dash.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= Longest && text[0] is not ('.' or '-') && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_');
}
