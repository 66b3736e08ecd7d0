using System.Globalization;

namespace DistributedBatch.Specs.Chaos;

/// <summary>A file to which every attempt adds a line when it starts and one when it is done. It knows what ran, whatever the services believe.</summary>
/// <param name="path">The file.</param>
internal sealed class AttemptLog(string path)
{
    /// <summary>A job that records its attempt, works for some seconds, and leaves its signature as result, output and log.</summary>
    /// <param name="seconds">Duration of most chunks.</param>
    /// <param name="longSeconds">Duration of one in <paramref name="every"/> chunks.</param>
    /// <param name="every">How many chunks there are for each long one.</param>
    public string[] Job(double seconds, double longSeconds, int every) => [
        "sh", "-c", string.Create(CultureInfo.InvariantCulture, $$"""
            {{Uptime.Shell}}
            record() { uptime; echo "$up $1 $DBATCH_RUN $DBATCH_CHUNK $DBATCH_ATTEMPT $DBATCH_HOST $DBATCH_SLOT ${CUDA_VISIBLE_DEVICES:--} $$" >>'{{path}}'; }
            record start
            if [ $((DBATCH_CHUNK % {{every}})) = 3 ]; then sleep {{longSeconds}}; else sleep {{seconds}}; fi
            printf %s "$DBATCH_START" >"$DBATCH_OUT/item"
            printf %s "$DBATCH_ATTEMPT@$DBATCH_HOST" >"$DBATCH_OUT/signature"
            printf '"%s"' "$DBATCH_ATTEMPT@$DBATCH_HOST" >"$DBATCH_RESULT"
            printf %s "$DBATCH_ATTEMPT@$DBATCH_HOST"
            record end
            """)];

    /// <summary>The attempts so far, in the order in which they started.</summary>
    public IReadOnlyList<LoggedAttempt> Read()
    {
        var attempts = new Dictionary<string, LoggedAttempt>(StringComparer.Ordinal);
        foreach (var line in File.Exists(path) ? File.ReadAllLines(path) : [])
        {
            var words = line.Split(' ');
            var at = double.Parse(words[0], CultureInfo.InvariantCulture);
            var key = string.Join(' ', words.Skip(2));
            attempts[key] = words[1] == "end"
                ? attempts[key] with { EndedAt = at }
                : new LoggedAttempt(words[2], Number(words[3]), Number(words[4]), words[5], Number(words[6]), words[7] == "-" ? null : words[7], at, EndedAt: null);
        }

        return [.. attempts.Values.OrderBy(attempt => attempt.StartedAt)];
    }

    /// <summary>The chunks that ran again although the host of the attempt before was not lost, each with a sentence.</summary>
    public static IReadOnlyList<string> UnexplainedRepeats(IReadOnlyList<LoggedAttempt> attempts, Disturbances disturbances) => [
        .. attempts.GroupBy(attempt => (attempt.Run, attempt.Index)).SelectMany(chunk => chunk.Zip(chunk.Skip(1)))
            .Where(pair => !disturbances.Explain(pair.First, pair.Second.StartedAt))
            .Select(pair => $"{pair.First} was followed by {pair.Second}"),
    ];

    /// <summary>The attempts that ran in one place while another one ran there, each with a sentence.</summary>
    /// <param name="attempts">The attempts.</param>
    /// <param name="placeOf">Where an attempt ran; null for nowhere in particular.</param>
    public static IReadOnlyList<string> Overlaps(IReadOnlyList<LoggedAttempt> attempts, Func<LoggedAttempt, string?> placeOf) => [
        .. attempts.Where(attempt => placeOf(attempt) is not null).GroupBy(placeOf).SelectMany(place => place.Zip(place.Skip(1)))
            .Where(pair => pair.First.EndedAt > pair.Second.StartedAt)
            .Select(pair => $"{pair.First} still ran when {pair.Second} started"),
    ];

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
