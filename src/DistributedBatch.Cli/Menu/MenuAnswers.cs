namespace DistributedBatch.Cli.Menu;

/// <summary>What the menu's start asked for.</summary>
/// <param name="First">First index.</param>
/// <param name="Chunk">Chunk size, a number or <c>auto</c>.</param>
/// <param name="Workers">Slots, a number or <c>auto</c>.</param>
/// <param name="Total">Number of items.</param>
/// <param name="Command">The command.</param>
internal sealed record MenuAnswers(long First, string Chunk, string Workers, long Total, IReadOnlyList<string> Command)
{
    /// <summary>The same as a command line. A command without placeholders reads <c>start,count</c> from standard input, as in the article.</summary>
    public IReadOnlyList<string> Arguments
    {
        get
        {
            var speaksOfChunk = Command.Any(word => Contracts.Jobs.Template.Parse(word).Names.Any());
            IReadOnlyList<string> stdin = speaksOfChunk ? [] : ["--stdin", "{start},{count}"];
            return ["run", "--total", $"{Total}", "--first", $"{First}", "--chunk", Chunk, "--slots", Workers, .. stdin, "--", .. Command];
        }
    }
}
