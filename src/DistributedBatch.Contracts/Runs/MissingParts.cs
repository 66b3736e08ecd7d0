using DistributedBatch.Contracts.Datasets;

namespace DistributedBatch.Contracts.Runs;

/// <summary>Finds what JSON from elsewhere left out or set to null in a run. All other checks rely on it.</summary>
internal static class MissingParts
{
    /// <summary>Every mistake, one sentence each.</summary>
    public static IEnumerable<string> Mistakes(RunSpec spec)
    {
        if (spec.Name is null)
            yield return "The run has no name; give it one.";
        if (spec.Dataset is null || !IsWhole(spec.Dataset))
            yield return "The dataset is missing, or a value in it is; give for example {\"kind\": \"range\", \"total\": 100}.";
        if (spec.Job is null)
        {
            yield return "The job is missing; give at least {\"command\": [\"python3\", \"script.py\"]}.";
            yield break;
        }

        if (!IsWhole(spec.Job.Command))
            yield return "The command is missing, or a word in it is; give a list of words.";
        if (spec.Job.Env is null || spec.Job.Env.Values.Any(value => value is null) || spec.Job.Secrets?.Values.Any(value => value is null) == true)
            yield return "An environment variable has no value; give a text, which may be empty.";
        if (!IsWhole(spec.Before) || !IsWhole(spec.After))
            yield return "A word of the commands before or after is missing; give lists of words.";
    }

    private static bool IsWhole(Dataset dataset) => dataset switch
    {
        ItemDataset items => IsWhole(items.Items),
        TableDataset table => IsWhole(table.Header) && table.Rows is not null && table.Rows.All(IsWhole),
        SweepDataset sweep => sweep.Parameters is not null && sweep.Parameters.All(parameter => parameter is { Name: not null } && IsWhole(parameter.Values)),
        _ => true,
    };

    private static bool IsWhole(IReadOnlyList<string>? texts) => texts is not null && texts.All(text => text is not null);
}
