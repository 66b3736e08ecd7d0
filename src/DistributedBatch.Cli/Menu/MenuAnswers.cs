namespace DistributedBatch.Cli.Menu;

/// <summary>The answers to the questions of <c>start</c> in the menu.</summary>
/// <param name="First">First index.</param>
/// <param name="Chunk">Chunk size, a number or <c>auto</c>.</param>
/// <param name="Workers">Slots, a number or <c>auto</c>.</param>
/// <param name="Total">Number of items.</param>
/// <param name="Command">The command.</param>
internal sealed record MenuAnswers(long First, string Chunk, string Workers, long Total, IReadOnlyList<string> Command)
{
    /// <summary>The answers as a command line. A command without placeholders reads <c>start,count</c> from standard input, as in the article.</summary>
    public IReadOnlyList<string> Arguments
    {
        get
        {
            var hasPlaceholders = Command.Any(word => Contracts.Jobs.Template.Parse(word).Names.Any());
            IReadOnlyList<string> stdin = hasPlaceholders ? [] : ["--stdin", "{start},{count}"];
            return ["run", "--total", $"{Total}", "--first", $"{First}", "--chunk", Chunk, "--slots", Workers, .. stdin, "--", .. Command];
        }
    }
}
