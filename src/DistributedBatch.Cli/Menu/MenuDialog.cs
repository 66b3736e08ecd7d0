using System.Globalization;
using DistributedBatch.Cli.JobFile;

namespace DistributedBatch.Cli.Menu;

/// <summary>Asks the questions of the menu. A wrong answer is asked again, alone; the end of the input ends the dialog.</summary>
/// <param name="input">Where answers come from.</param>
/// <param name="output">Where questions go.</param>
/// <param name="commandMistake">What is wrong with a command, or null.</param>
internal sealed class MenuDialog(TextReader input, TextWriter output, Func<IReadOnlyList<string>, string?> commandMistake)
{
    private static readonly string[] Verbs = ["start", "list", "show", "quit"];

    /// <summary>The chosen verb; null at the end of the input.</summary>
    public string? Choose()
    {
        output.WriteLine();
        for (var number = 1; number <= Verbs.Length; number++)
            output.WriteLine($"  {number}  {Verbs[number - 1]}");
        return Ask<string>("Your choice", answer =>
        {
            var verb = int.TryParse(answer, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= Verbs.Length
                ? Verbs[number - 1]
                : Verbs.FirstOrDefault(verb => verb.Equals(answer, StringComparison.OrdinalIgnoreCase));
            return (verb, $"Answer 1 to {Verbs.Length}, or the word.");
        });
    }

    /// <summary>The answers to start's questions; null at the end of the input.</summary>
    public MenuAnswers? Start()
    {
        if (Ask("First index", answer => (Number(answer, 0), "A whole number from 0 on.")) is not { } first
            || Ask("Chunk size (a number or auto)", NumberOrAuto) is not { } chunk
            || Ask("Workers (a number or auto)", NumberOrAuto) is not { } workers
            || Ask("Total number of items", answer => (Number(answer, first), $"A whole number from {first} (the first index) on.")) is not { } total
            || Ask("Command", Command) is not { } command)
            return null;
        return new MenuAnswers(first, chunk, workers, total, command);
    }

    private (IReadOnlyList<string>? Words, string Wanted) Command(string answer)
    {
        try
        {
            var words = CommandText.Words(answer);
            return words.Count == 0 ? (null, "A command, such as: python3 script.py") : commandMistake(words) is { } mistake ? (null, mistake) : (words, "");
        }
        catch (FormatException failure)
        {
            return (null, $"{failure.Message}.");
        }
    }

    private static (string? Value, string Wanted) NumberOrAuto(string answer) =>
        (answer == "auto" ? answer : Number(answer, 1)?.ToString(CultureInfo.InvariantCulture), "A whole number from 1 on, or auto.");

    private static long? Number(string answer, long least) =>
        long.TryParse(answer, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least ? number : null;

    private T? Ask<T>(string question, Func<string, (T? Value, string Wanted)> read)
        where T : class => Repeat(question, answer => read(answer) is ({ } value, _) ? (true, value, "") : (false, null, read(answer).Wanted));

    private long? Ask(string question, Func<string, (long? Value, string Wanted)> read) =>
        Repeat<long?>(question, answer => read(answer) is ({ } value, _) ? (true, value, "") : (false, null, read(answer).Wanted));

    private T? Repeat<T>(string question, Func<string, (bool Good, T? Value, string Wanted)> read)
    {
        while (true)
        {
            output.Write($"{question}: ");
            output.Flush();
            if (input.ReadLine() is not { } line)
            {
                output.WriteLine();
                return default;
            }

            var (good, value, wanted) = read(line.Trim());
            if (good)
                return value;
            output.WriteLine($"  {wanted}");
        }
    }
}
