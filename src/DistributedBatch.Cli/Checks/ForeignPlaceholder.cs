using System.Text.RegularExpressions;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Jobs;

namespace DistributedBatch.Cli.Checks;

/// <summary>
/// Finds <c>{}</c>, which GNU parallel, xargs and find replace and dbatch does not, in a command that would else get nothing about its chunk. Never in the words of
/// those programs or of a shell, and not as the value of an option, where it is most likely JSON.
/// </summary>
internal static partial class ForeignPlaceholder
{
    private static readonly string[] Users = ["find", "xargs", "parallel", "fd", "fdfind", "rush", "sh", "bash", "dash", "zsh", "ksh", "fish"];
    private static readonly string[] OfChunk = ["start", "count", "end", "index", "item", "items", "total"];

    /// <summary>The mistake, or null.</summary>
    /// <param name="job">The job.</param>
    /// <param name="dataset">The dataset.</param>
    public static string? Mistake(JobSpec job, Dataset dataset)
    {
        var words = job.Command;
        if (words.Any(word => Users.Contains(Path.GetFileName(word))) || words.Append(job.Stdin ?? "").Any(word => TellsTheChunk(word, dataset)))
            return null;
        for (var at = 1; at < words.Count; at++)
        {
            if (Foreign().Match(words[at]) is { Success: true } match && !(match.Length == words[at].Length && words[at - 1].StartsWith('-')))
            {
                return $"'{match.Groups["braces"].Value}' is no placeholder of dbatch. Write "
                    + (dataset.HasItems ? "{item} for the item, or {items} for a file with the chunk's items" : "{start} and {count} for the numbers of the chunk")
                    + $". For the text itself write {{{match.Groups["braces"].Value}.";
            }
        }

        return null;
    }

    private static bool TellsTheChunk(string text, Dataset dataset) => Template.Parse(text).Names.Any(name => OfChunk.Contains(name) || dataset.Columns.Contains(name));

    // A word such as {}, {}.out or out/{/.}.txt: braces in something like a path.
    [GeneratedRegex(@"^[\w./+@%~-]*(?<braces>\{(?:|/|//|/\.|#|%)\})[\w./+@%{}-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Foreign();
}
