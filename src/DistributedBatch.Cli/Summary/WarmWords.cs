using System.Globalization;
using DistributedBatch.Cli.Options;
using DistributedBatch.Consumer.Zygote;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Summary;

/// <summary>Says in a summary why Python was started as it was, and what that saved.</summary>
internal static class WarmWords
{
    private const int NamedModules = 4;

    /// <summary>What follows the mode; null when there is nothing to say.</summary>
    /// <param name="warm">What the consumer knows.</param>
    public static string? Of(WarmSummary warm)
    {
        string?[] parts = warm.Mode == WarmMode.Off ? [warm.Reason] : [Shared(warm), Saved(warm), warm.Reason];
        return string.Join("; ", parts.OfType<string>()) is { Length: > 0 } text ? text : null;
    }

    private static string Shared(WarmSummary warm)
    {
        var modules = warm.Preloaded.Select(module => module.Split('.')[0]).Distinct().ToList();
        var named = string.Join(", ", modules.Take(NamedModules)) + (modules.Count > NamedModules ? " and others" : "");
        return modules.Count > 0 ? $"{named} imported once" : "the interpreter started once";
    }

    private static string? Saved(WarmSummary warm) => warm.Starts == 0
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{warm.Starts:N0} starts saved about {DurationText.Show(warm.Saved)} of processor time");
}
