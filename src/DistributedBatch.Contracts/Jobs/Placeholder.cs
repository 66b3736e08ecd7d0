namespace DistributedBatch.Contracts.Jobs;

/// <summary>The placeholders a command or <c>--stdin</c> may name; columns of a table or sweep come on top.</summary>
public static class Placeholder
{
    /// <summary>Names with a fixed meaning, in the order the documentation gives them.</summary>
    public static readonly IReadOnlyList<string> Known =
        ["start", "count", "end", "index", "total", "attempt", "slot", "gpu", "out", "item", "items"];
}
