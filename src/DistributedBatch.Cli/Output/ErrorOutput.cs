using DistributedBatch.Tracker.Logs;

namespace DistributedBatch.Cli.Output;

/// <summary>Prints errors on standard error, all of them at once.</summary>
internal static class ErrorOutput
{
    /// <summary>Prints <paramref name="mistakes"/> and gives the exit code for wrong usage.</summary>
    public static int Usage(IReadOnlyList<string> mistakes) => Print(mistakes, ExitCode.WrongUsage);

    /// <summary>Prints one sentence and gives the exit code for wrong usage.</summary>
    public static int Usage(string mistake) => Usage([mistake]);

    /// <summary>Prints one sentence and gives the exit code for an unreachable server or broker.</summary>
    public static int Unreachable(string sentence) => Print([sentence], ExitCode.Unreachable);

    /// <summary>Prints one sentence and gives <paramref name="exitCode"/>.</summary>
    public static int Print(string sentence, int exitCode) => Print([sentence], exitCode);

    private static int Print(IReadOnlyList<string> sentences, int exitCode)
    {
        if (sentences is [var only])
        {
            Console.Error.WriteLine($"dbatch: {SafeText.Of(only)}");
        }
        else
        {
            Console.Error.WriteLine($"dbatch: {sentences.Count} mistakes, nothing was started:");
            foreach (var sentence in sentences)
                Console.Error.WriteLine($"  - {SafeText.Of(sentence)}");
        }

        return exitCode;
    }
}
