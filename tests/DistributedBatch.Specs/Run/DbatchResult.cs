using System.Text.Json;

namespace DistributedBatch.Specs.Run;

/// <summary>A <c>dbatch</c> process that has ended.</summary>
internal sealed record DbatchResult(int ExitCode, string Out, string Err)
{
    /// <summary>Standard output as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public override string ToString() => $"exit code {ExitCode}\n--- stdout\n{Out}\n--- stderr\n{Err}";
}
