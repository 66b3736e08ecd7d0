using System.Globalization;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Cli.Summary;

/// <summary>The summary's text about warm start: why Python was started that way, and what it saved.</summary>
internal static class WarmStartText
{
    private const int NamedModules = 4;

    /// <summary>
    /// The mode of most warm starts; null without one. The slowest attempt cannot show it: the first chunk starts cold, and is slow for that reason.
    /// </summary>
    /// <param name="hosts">The status from each host of the run.</param>
    public static WarmMode? ModeOf(IReadOnlyList<WarmStatus> hosts) => hosts.Where(host => host.Starts > 0).MaxBy(host => host.Starts)?.Mode;

    /// <summary>The text after the mode; null for none.</summary>
    /// <param name="hosts">The status from each host of the run.</param>
    /// <param name="command">The run's command. For a program other than Python there is no text without a warm start.</param>
    public static string? Of(IReadOnlyList<WarmStatus> hosts, IReadOnlyList<string> command)
    {
        var warm = hosts.Where(host => host.Mode != WarmMode.Off && host.Starts > 0).ToList();
        if (warm.Count == 0 && !PythonCommand.IsPython(Path.GetFileName(command[0])))
            return null;
        string?[] parts = [Shared(warm), Saved(warm), .. hosts.Select(host => host.Reason).Distinct()];
        return string.Join("; ", parts.OfType<string>()) is { Length: > 0 } text ? text : null;
    }

    private static string? Shared(List<WarmStatus> warm)
    {
        if (warm.Count == 0)
            return null;
        var modules = warm.SelectMany(host => host.Preloaded).Distinct().ToList();
        var named = string.Join(", ", modules.Take(NamedModules)) + (modules.Count > NamedModules ? " and others" : "");
        return modules.Count > 0 ? $"{named} imported once" : "the interpreter started once";
    }

    private static string? Saved(List<WarmStatus> warm)
    {
        var starts = warm.Sum(host => host.Starts);
        var saved = TimeSpan.FromSeconds(warm.Sum(host => host.SavedSeconds));
        return starts == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{HumanText.Count(starts, "warm start")} saved about {DurationText.Show(saved)} of processor time");
    }
}
