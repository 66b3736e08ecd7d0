namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>A script that a warm start could easily get wrong.</summary>
internal sealed record AwkwardScript(string Text)
{
    public string[] Arguments { get; init; } = [];

    public string[] Flags { get; init; } = [];

    public string? Module { get; init; }

    public string Stdin { get; init; } = "";

    public Dictionary<string, string> Files { get; init; } = [];

    public bool NeedsTorch { get; init; }
}
