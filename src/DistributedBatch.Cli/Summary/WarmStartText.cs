using System.Globalization;
using DistributedBatch.Cli.Options;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Summary;

/// <summary>Says in a summary why Python was started as it was, and what that saved.</summary>
internal static class WarmStartText
{
    private const int NamedModules = 4;

    /// <summary>
    /// How most of the chunks were started that ran warm; null when none did. The slowest attempt does not tell: the first chunk runs cold, and is slow for that.
    /// </summary>
    /// <param name="hosts">What each host that worked on the run says.</param>
    public static WarmMode? ModeOf(IReadOnlyList<WarmStatus> hosts) => hosts.Where(host => host.Starts > 0).MaxBy(host => host.Starts)?.Mode;

    /// <summary>What follows the mode; null when there is nothing to say.</summary>
    /// <param name="hosts">What each host that worked on the run says.</param>
    /// <param name="command">The run's command; how another program than Python is started is no news.</param>
    public static string? Of(IReadOnlyList<WarmStatus> hosts, IReadOnlyList<string> command)
    {
        var warm = hosts.Where(host => host.Mode != WarmMode.Off && host.Starts > 0).ToList();
        if (warm.Count == 0 && !PythonWord.Is(Path.GetFileName(command[0])))
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
        return starts == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{starts:N0} warm starts saved about {DurationText.Show(saved)} of processor time");
    }
}
