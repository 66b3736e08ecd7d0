using System.Globalization;
using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Menu;

/// <summary>Asks the questions of the menu. Asks again after a wrong answer; the end of the input ends the dialog.</summary>
/// <param name="input">Source of the answers.</param>
/// <param name="output">Receives the questions.</param>
/// <param name="commandMistake">The mistake in a command; null for none.</param>
internal sealed class MenuDialog(TextReader input, TextWriter output, Func<IReadOnlyList<string>, string?> commandMistake)
{
    private static readonly string[] Choices = ["start", "list", "show", "quit"];

    /// <summary>The chosen command; null at the end of the input.</summary>
    public string? Choose()
    {
        output.WriteLine();
        for (var number = 1; number <= Choices.Length; number++)
            output.WriteLine($"  {number}  {Choices[number - 1]}");
        return Ask<string>("Your choice", answer =>
        {
            var choice = int.TryParse(answer, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= Choices.Length
                ? Choices[number - 1]
                : Choices.FirstOrDefault(name => name.Equals(answer, StringComparison.OrdinalIgnoreCase));
            return (choice, $"Enter 1 to {Choices.Length}, or the word.");
        });
    }

    /// <summary>The answers to the questions of <c>start</c>; null at the end of the input.</summary>
    public MenuAnswers? Start()
    {
        if (Ask("First index", answer => (Number(answer, 0), "Enter a whole number from 0.")) is not { } first
            || Ask("Chunk size (a number or auto)", NumberOrAuto) is not { } chunk
            || Ask("Workers (a number or auto)", NumberOrAuto) is not { } workers
            || Ask("Total number of items", answer => (Number(answer, first), $"Enter a whole number from {first}, the first index.")) is not { } total
            || Ask("Command", Command) is not { } command)
            return null;
        return new MenuAnswers(first, chunk, workers, total, command);
    }

    private (IReadOnlyList<string>? Words, string Expected) Command(string answer)
    {
        try
        {
            var words = CommandText.Words(answer);
            return words.Count == 0 ? (null, "Enter a command, such as: python3 script.py") : commandMistake(words) is { } mistake ? (null, mistake) : (words, "");
        }
        catch (FormatException failure)
        {
            return (null, $"{failure.Message}.");
        }
    }

    private static (string? Value, string Expected) NumberOrAuto(string answer) =>
        (answer == "auto" ? answer : Number(answer, 1)?.ToString(CultureInfo.InvariantCulture), "Enter a whole number from 1, or auto.");

    private static long? Number(string answer, long minimum) =>
        long.TryParse(answer, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= minimum ? number : null;

    private T? Ask<T>(string question, Func<string, (T? Value, string Expected)> read)
        where T : class => Repeat(question, answer => read(answer) is ({ } value, _) ? (true, value, "") : (false, null, read(answer).Expected));

    private long? Ask(string question, Func<string, (long? Value, string Expected)> read) =>
        Repeat<long?>(question, answer => read(answer) is ({ } value, _) ? (true, value, "") : (false, null, read(answer).Expected));

    private T? Repeat<T>(string question, Func<string, (bool Good, T? Value, string Expected)> read)
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

            var (good, value, expected) = read(line.Trim());
            if (good)
                return value;
            output.WriteLine($"  {expected}");
        }
    }
}
