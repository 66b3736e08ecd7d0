using System.Text;

namespace DistributedBatch.Cli.CommandLine;

/// <summary>Checks what every command takes for granted: a current directory, and words that are text.</summary>
internal static class Surroundings
{
    /// <summary>The mistakes.</summary>
    /// <param name="words">The words of the command line as the runtime read them: a byte that is not UTF-8 became U+FFFD.</param>
    public static IEnumerable<string> Mistakes(IReadOnlyList<string> words)
    {
        if (DirectoryMistake() is { } directory)
            yield return directory;
        if (words.Any(IsSuspect))
        {
            foreach (var word in RawWords().Where(IsNotUtf8))
                yield return $"The word '{Shown(word)}' is not UTF-8 text, so it would not reach the command as it is. Rename the file that it names, or convert it.";
        }
    }

    private static string? DirectoryMistake()
    {
        try
        {
            var directory = Directory.GetCurrentDirectory();
            return IsSuspect(directory) && !Directory.Exists(directory) ? $"The name of the current directory is not UTF-8 text: {directory}. Rename it, or start dbatch in another one." : null;
        }
        catch (IOException)
        {
            return "The current directory was removed. Start dbatch in another one.";
        }
    }

    private static bool IsSuspect(string text) => text.Contains('\uFFFD', StringComparison.Ordinal);

    private static IEnumerable<byte[]> RawWords()
    {
        if (!OperatingSystem.IsLinux())
            yield break;
        var line = File.ReadAllBytes("/proc/self/cmdline");
        for (int start = 0, end; start < line.Length; start = end + 1)
        {
            end = Array.IndexOf(line, (byte)0, start);
            end = end < 0 ? line.Length : end;
            yield return line[start..end];
        }
    }

    private static bool IsNotUtf8(byte[] word) => !System.Text.Unicode.Utf8.IsValid(word);

    // The bytes that are no text as a shell writes them: lat\xE9.png.
    private static string Shown(ReadOnlySpan<byte> word)
    {
        var shown = new StringBuilder();
        while (word.Length > 0)
        {
            var status = Rune.DecodeFromUtf8(word, out var rune, out var length);
            shown.Append(status == System.Buffers.OperationStatus.Done ? rune.ToString() : $"\\x{word[0]:X2}");
            word = word[(status == System.Buffers.OperationStatus.Done ? length : 1)..];
        }

        return shown.ToString();
    }
}
