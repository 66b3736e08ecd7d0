using System.Globalization;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Jobs;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Runs;

/// <summary>Finds what is wrong with a <see cref="RunSpec"/> before anything is started. Pure: files and programs are checked where they are.</summary>
public static class RunSpecCheck
{
    /// <summary>Largest <see cref="RunSpec.Retries"/>; the ledger keeps the count in two bytes a chunk.</summary>
    public const int MostRetries = 65_000;

    /// <summary>Largest <see cref="RunSpec.CrashLimit"/>; the ledger keeps the count in one byte a chunk.</summary>
    public const int HighestCrashLimit = 250;

    /// <summary>Largest <see cref="RunSpec.Weight"/>.</summary>
    public const int HighestWeight = 1_000_000;

    /// <summary>Largest total and chunk size: the largest number that every reader of JSON keeps exactly.</summary>
    public const long MostItems = (1L << 53) - 1;

    /// <summary>Largest <see cref="JobSpec.Gpus"/>.</summary>
    public const double MostGpus = 1024;

    /// <summary>Longest <see cref="JobSpec.Timeout"/> and <see cref="RunSpec.RetryDelay"/>; the timers of .NET end at 49.7 days.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromDays(49);

    /// <summary>Longest <see cref="JobSpec.Grace"/>; a host that stops must not be held for longer.</summary>
    public static readonly TimeSpan LongestGrace = TimeSpan.FromDays(7);

    /// <summary>Longest <see cref="RunSpec.Name"/>, in characters.</summary>
    public const int LongestName = 255;

    private const int LongestAddress = 2000;

    /// <summary>What <see cref="RunSpec.Notify"/> may begin with.</summary>
    public static readonly IReadOnlyList<string> NotifySchemes = ["https", "http", "ntfy", "ntfy+http"];

    /// <summary>Every mistake in <paramref name="spec"/>, one sentence each that says what to do; empty when there is none.</summary>
    public static IReadOnlyList<string> Mistakes(RunSpec spec)
    {
        List<string> missing = [.. MissingParts.Mistakes(spec)];
        return missing.Count > 0
            ? missing
            : [.. OfName(spec), .. OfDataset(spec.Dataset), .. OfChunks(spec), .. OfLimits(spec), .. OfJob(spec.Job), .. OfPlaceholders(spec), .. TextCheck.Mistakes(spec)];
    }

    private static IEnumerable<string> OfName(RunSpec spec)
    {
        if (string.IsNullOrWhiteSpace(spec.Name))
            yield return "The run has no name; give it one.";
        else if (!VisibleText.Is(spec.Name))
            yield return "The name of the run has control characters or invisible marks in it; use letters, digits, spaces and punctuation.";
        else if (spec.Name.Length > LongestName)
            yield return $"The name of the run has {spec.Name.Length} characters; give at most {LongestName}.";
        else if (spec.Name == "last")
            yield return "A run cannot be named 'last', because that word stands for the latest run; choose another name.";
    }

    private static IEnumerable<string> OfDataset(Dataset dataset) => dataset switch
    {
        RangeDataset range => OfRange(range),
        ItemDataset { Items.Count: 0 } => ["The list of items is empty; give at least one item."],
        TableDataset table => OfTable(table),
        SweepDataset sweep => OfSweep(sweep),
        _ => [],
    };

    private static IEnumerable<string> OfRange(RangeDataset range)
    {
        if (range.Total < 0)
            yield return $"The total is {range.Total}; give the number of items, 0 or more.";
        if (range.Total > MostItems)
            yield return $"The total is {range.Total}; give at most {MostItems} items.";
        if (range.First < 0)
            yield return $"The first index is {range.First}; items are numbered from 0.";
        else if (range.Total >= 0 && range.First > range.Total)
            yield return $"The first index {range.First} is outside the dataset of {range.Total} items; give an index from 0 to {range.Total}.";
    }

    private static IEnumerable<string> OfTable(TableDataset table)
    {
        foreach (var mistake in OfColumns(table.Header, "table"))
            yield return mistake;
        if (table.Rows.Count == 0)
            yield return "The table has a header but no rows; give at least one row.";
        for (var row = 0; row < table.Rows.Count; row++)
        {
            if (table.Rows[row].Count != table.Header.Count)
            {
                // One such row is usually followed by many; the first says enough.
                yield return $"Row {row + 1} of the table has {table.Rows[row].Count} values but the header names {table.Header.Count} columns; make them equal.";
                yield break;
            }
        }
    }

    private static IEnumerable<string> OfSweep(SweepDataset sweep)
    {
        foreach (var mistake in OfColumns(sweep.Parameters.Select(parameter => parameter.Name), "sweep"))
            yield return mistake;
        if (sweep.Parameters.Count == 0)
            yield return "The sweep has no parameters; give at least one, as in lr=0.1,0.01.";
        foreach (var parameter in sweep.Parameters.Where(parameter => parameter.Values.Count == 0))
            yield return $"The sweep parameter '{parameter.Name}' has no values; give at least one, as in {parameter.Name}=1,2,3.";
        if (TotalOf(sweep) is null)
            yield return "The sweep has more combinations than can be counted; give fewer parameters or values.";
    }

    private static IEnumerable<string> OfColumns(IEnumerable<string> columns, string kind)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var column in columns)
        {
            if (column.Length == 0 || !column.All(letter => char.IsLetterOrDigit(letter) || letter is '_' or '.' or '-'))
                yield return $"The {kind} column '{column}' cannot be a placeholder; use letters, digits, '_', '.' and '-' in its name.";
            else if (Placeholder.Known.Contains(column, StringComparer.Ordinal))
                yield return $"The {kind} column '{column}' has the name of the placeholder {{{column}}}; give the column another name.";
            else if (!seen.Add(column))
                yield return $"The {kind} has two columns named '{column}'; give each its own name.";
        }
    }

    private static IEnumerable<string> OfChunks(RunSpec spec)
    {
        if (spec.ChunkSize is <= 0)
            yield return $"The chunk size is {spec.ChunkSize}; give at least 1 item per chunk, or 'auto'.";
        else if (spec.ChunkSize > MostItems)
            yield return $"The chunk size is {spec.ChunkSize}; give at most {MostItems} items.";
        else if (spec.ChunkSize is { } size && TotalOf(spec.Dataset) is { } total && (total - spec.Dataset.First - 1) / size >= int.MaxValue)
            yield return $"A chunk size of {size} cuts {total} items into more than {int.MaxValue} chunks; give a larger one.";
    }

    private static IEnumerable<string> OfLimits(RunSpec spec)
    {
        if (spec.Retries is < 0 or > MostRetries)
            yield return $"The number of retries is {spec.Retries}; give 0 for a single attempt, or up to {MostRetries} more.";
        if (spec.RetryDelay < TimeSpan.Zero)
            yield return $"The retry delay is {spec.RetryDelay.TotalSeconds:0.###} s; give 0 or more.";
        if (spec.RetryDelay > LongestWait)
            yield return TooLong("retry delay", spec.RetryDelay, LongestWait);
        if (spec.CrashLimit is < 1 or > HighestCrashLimit)
            yield return $"The crash limit is {spec.CrashLimit}; give 1 to {HighestCrashLimit} lost hosts.";
        if (spec.MaxFailures is < 0)
            yield return $"The failure limit is {spec.MaxFailures}; give 0 to stop at the first failed chunk, or leave it out for no limit.";
        if (spec.Weight is < 1 or > HighestWeight)
            yield return $"The weight is {spec.Weight}; give 1 to {HighestWeight}.";
        if (spec.NotifyFailures < 0)
            yield return $"The number of failed chunks to tell of is {spec.NotifyFailures}; give 1 to be told of the first, or 0 to be told of none.";
        if (spec.Notify is { } notify && NotifyMistake(notify) is { } mistake)
            yield return mistake;
    }

    private static string? NotifyMistake(Uri notify)
    {
        if (!notify.IsAbsoluteUri || !NotifySchemes.Contains(notify.Scheme))
            return $"'{notify}' cannot be notified; give an address that begins with {string.Join(", ", NotifySchemes.Select(scheme => scheme + "://"))}.";
        if (notify.OriginalString.Length > LongestAddress)
            return $"The address to notify has {notify.OriginalString.Length} characters; it may have {LongestAddress}.";
        if (notify.Host.Length == 0 || Uri.CheckHostName(notify.Host.Trim('[', ']')) == UriHostNameType.Unknown)
            return $"'{notify}' cannot be notified: it names no host.";
        return notify.Scheme.StartsWith("ntfy", StringComparison.Ordinal) && notify.Segments[^1].Trim('/').Length == 0
            ? $"'{notify}' cannot be notified: it names no topic; write it as ntfy://ntfy.sh/my-topic."
            : null;
    }

    private static IEnumerable<string> OfJob(JobSpec job)
    {
        if (job.Command.Count == 0 || string.IsNullOrWhiteSpace(job.Command[0]))
            yield return "The command is empty; say which program to run, after '--'.";
        if (job.Timeout is { } timeout && timeout <= TimeSpan.Zero)
            yield return $"The timeout is {timeout.TotalSeconds:0.###} s; give more than 0, or leave it out for no limit.";
        if (job.Timeout > LongestWait)
            yield return TooLong("timeout", job.Timeout.Value, LongestWait, ", or leave it out for no limit");
        if (job.Grace < TimeSpan.Zero)
            yield return $"The grace period is {job.Grace.TotalSeconds:0.###} s; give 0 to kill at once, or more.";
        if (job.Grace > LongestGrace)
            yield return TooLong("grace period", job.Grace, LongestGrace);
        if (job.Gpus is not (>= 0 and <= MostGpus))
            yield return string.Create(CultureInfo.InvariantCulture, $"The number of GPUs is {job.Gpus}; give 0 for none, or up to {MostGpus}.");
        if (job.MemoryBytes is <= 0)
            yield return $"The memory is {job.MemoryBytes} bytes; give more than 0, or leave it out.";
        if (new[] { job.Python, job.Conda, job.Venv }.Count(word => word is not null) > 1)
            yield return "An interpreter, a conda environment and a virtual environment each decide which Python runs; give only one of --python, --conda and --venv.";
        if (job.Conda is { } conda && string.IsNullOrWhiteSpace(conda) || job.Venv is { } venv && string.IsNullOrWhiteSpace(venv))
            yield return "The name of the Python environment is empty; give one, or leave it out.";
    }

    private static IEnumerable<string> OfPlaceholders(RunSpec spec)
    {
        var columns = spec.Dataset.Columns;
        var texts = spec.Job.Stdin is { } stdin ? spec.Job.Command.Append(stdin) : spec.Job.Command;
        foreach (var name in texts.SelectMany(text => Template.Parse(text).Names).Distinct(StringComparer.Ordinal))
        {
            var isColumn = columns.Contains(name, StringComparer.Ordinal);
            if (!isColumn && !Placeholder.Known.Contains(name, StringComparer.Ordinal))
                yield return Unknown(name, [.. Placeholder.Known, .. columns]);
            else if ((isColumn || name is "item" or "items") && !spec.Dataset.HasItems)
                yield return $"{{{name}}} needs items, but the dataset is a range of numbers; use {{start}} and {{count}}, or give items.";
            else if ((isColumn || name == "item") && spec.ChunkSize != 1)
                yield return $"{{{name}}} needs one item per chunk; set the chunk size to 1{(isColumn ? "" : ", or use {items}")}.";
        }
    }

    private static string TooLong(string what, TimeSpan given, TimeSpan longest, string otherwise = "") =>
        string.Create(CultureInfo.InvariantCulture, $"The {what} is {given.TotalDays:0.#} days; give at most {longest.TotalDays:0} days{otherwise}.");

    private static string Unknown(string name, IReadOnlyList<string> known)
    {
        var guess = NearestName.Of(name, known) is { } nearest ? $" did you mean {{{nearest}}}?" : "";
        return $"{{{name}}} is not a placeholder;{guess} Known are {string.Join(' ', known.Select(word => $"{{{word}}}"))}. Write {{{{{name}}} for the text itself.";
    }

    private static long? TotalOf(Dataset dataset)
    {
        try
        {
            return dataset.Total;
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
