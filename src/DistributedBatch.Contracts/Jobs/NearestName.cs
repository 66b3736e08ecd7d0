namespace DistributedBatch.Contracts.Jobs;

/// <summary>Finds what somebody probably meant to write.</summary>
public static class NearestName
{
    /// <summary>
    /// The one of <paramref name="known"/> that is fewest edits (a letter added, left out, replaced, or two neighbours swapped) away from
    /// <paramref name="name"/>, whatever the case of the letters; null when nothing is near enough to be a guess worth printing.
    /// </summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        string? nearest = null;
        var fewest = Math.Max(1, name.Length / 3) + 1;
        foreach (var candidate in known)
        {
            var edits = Edits(name.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (edits < fewest)
                (nearest, fewest) = (candidate, edits);
        }

        return nearest;
    }

    // Optimal string alignment distance: three rows of the usual table are all it needs.
    private static int Edits(string from, string to)
    {
        var beforeLast = new int[to.Length + 1];
        var last = new int[to.Length + 1];
        var row = new int[to.Length + 1];
        for (var column = 0; column <= to.Length; column++)
            last[column] = column;
        for (var line = 1; line <= from.Length; line++)
        {
            row[0] = line;
            for (var column = 1; column <= to.Length; column++)
            {
                var same = from[line - 1] == to[column - 1];
                row[column] = Math.Min(Math.Min(row[column - 1], last[column]) + 1, last[column - 1] + (same ? 0 : 1));
                if (line > 1 && column > 1 && from[line - 1] == to[column - 2] && from[line - 2] == to[column - 1])
                    row[column] = Math.Min(row[column], beforeLast[column - 2] + 1);
            }

            (beforeLast, last, row) = (last, row, beforeLast);
        }

        return last[to.Length];
    }
}
