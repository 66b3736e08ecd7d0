using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Jobs;

namespace DistributedBatch.Contracts.Runs;

/// <summary>Finds texts of a run that cannot reach a program as they are. They would be cut or changed without a word.</summary>
internal static class TextCheck
{
    /// <summary>Every mistake, one sentence each.</summary>
    public static IEnumerable<string> Mistakes(RunSpec spec) => [.. OfEnvironment(spec.Job), .. OfCommand(spec.Job), .. OfItems(spec)];

    private static IEnumerable<string> OfEnvironment(JobSpec job)
    {
        foreach (var (name, value) in job.Env.Concat(job.Secrets ?? new Dictionary<string, string>()))
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal))
                yield return $"'{name}' cannot be the name of an environment variable.";
            else if (value.Contains('\0', StringComparison.Ordinal))
                yield return $"The variable {name} has a NUL character, which no program can be given.";
            else if (job.Env.ContainsKey(name) && Template.Parse(value).Names.FirstOrDefault(word => Placeholder.Known.Contains(word, StringComparer.Ordinal)) is { } placeholder)
                yield return $"The variable {name} has the placeholder {{{placeholder}}}, but only the command and its standard input are filled. {InsteadOf(placeholder)}";
        }
    }

    // What tells the program the same without a placeholder.
    private static string InsteadOf(string placeholder) => placeholder switch
    {
        "item" or "items" => $"Give {{{placeholder}}} to the command.",
        "end" => "The program finds DBATCH_START and DBATCH_COUNT in its environment, or give {end} to the command.",
        "gpu" => "The program finds CUDA_VISIBLE_DEVICES in its environment, or give {gpu} to the command.",
        "index" => "The program finds DBATCH_CHUNK in its environment, or give {index} to the command.",
        _ => $"The program finds DBATCH_{placeholder.ToUpperInvariant()} in its environment, or give {{{placeholder}}} to the command.",
    };

    private static IEnumerable<string> OfCommand(JobSpec job)
    {
        if (job.Command.Any(word => word.Contains('\0', StringComparison.Ordinal)))
            yield return "The command has a NUL character, at which a program would stop to read it.";
    }

    private static IEnumerable<string> OfItems(RunSpec spec)
    {
        if (!spec.Dataset.HasItems)
            return [];
        var names = spec.Job.Command.SelectMany(word => Template.Parse(word).Names).ToHashSet(StringComparer.Ordinal);
        var inFile = spec.Dataset is ItemDataset && (names.Contains("items") || Template.Parse(spec.Job.Stdin ?? "").Names.Contains("items"));
        var inArgument = names.Contains("item") || names.Overlaps(spec.Dataset.Columns);
        var (texts, what) = TextsOf(spec.Dataset);
        if (inArgument && FirstWith('\0') is { } cut)
            return [$"{cut} has a NUL character, at which a program would stop to read it; give the items in a file, with {{items}}."];
        return inFile && FirstWith('\n') is { } broken
            ? [$"{broken} has a line break, so a file with one item a line cannot hold it; give one item per chunk, with {{item}}."]
            : [];

        string? FirstWith(char letter) =>
            texts.Index().FirstOrDefault(pair => pair.Item?.Contains(letter, StringComparison.Ordinal) == true) is { Item: not null } found ? $"{what} {found.Index}" : null;
    }

    private static (IEnumerable<string> Texts, string What) TextsOf(Dataset dataset) => dataset switch
    {
        ItemDataset items => (items.Items, "Item"),
        TableDataset table => (table.Rows.Select(row => string.Concat(row)), "Row"),
        SweepDataset sweep => (sweep.Parameters.Select(parameter => string.Concat(parameter.Values)), "Parameter"),
        _ => ([], ""),
    };
}
