namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>A script that is hard to run in a fork.</summary>
internal sealed record AwkwardScript(string Text)
{
    public string[] Arguments { get; init; } = [];

    public string[] Flags { get; init; } = [];

    public string? Module { get; init; }

    public string Stdin { get; init; } = "";

    public Dictionary<string, string> Files { get; init; } = [];

    public bool NeedsTorch { get; init; }
}
