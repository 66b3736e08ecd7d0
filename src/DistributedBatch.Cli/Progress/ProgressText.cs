using System.Globalization;
using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Progress;

/// <summary>The texts of the progress, the same on every screen.</summary>
internal static class ProgressText
{
    /// <summary>The first line.</summary>
    public static string Start(ProgressState state) => string.Create(
        CultureInfo.InvariantCulture, $"run {state.View.Name} ({state.View.Run}): {HumanText.Count(state.Items, "item")} in {HumanText.Count(state.View.Chunks.Total, "chunk")}");

    /// <summary>The share of the items that are done.</summary>
    public static string Percent(ProgressState state) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(state.Done * 100):0} %");

    /// <summary>Items, chunks and failures.</summary>
    public static string Counts(ProgressState state)
    {
        var counts = state.View.Chunks;
        var failed = counts.Failed > 0 ? string.Create(CultureInfo.InvariantCulture, $", {counts.Failed:N0} failed") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{state.View.ItemsSucceeded:N0} of {HumanText.Count(state.Items, "item")}, {counts.Succeeded:N0} of {HumanText.Count(counts.Total, "chunk")}{failed}, {counts.Running:N0} running");
    }

    /// <summary>The rate and the time left.</summary>
    public static string Pace(ProgressState state)
    {
        var eta = state.View.Eta is null ? "" : $", {HumanText.Eta(state.View.Eta)} left";
        return state.View.ItemsPerSecond is null ? "no chunk has finished yet" + eta : $"{HumanText.Rate(state.View.ItemsPerSecond)} items/s{eta}";
    }

    /// <summary>The number of slots and its reason; empty when no host is online.</summary>
    public static string Slots(ProgressState state) => state.Hosts switch
    {
        [] => "",
        [var host] => $"{HumanText.Count(host.Host.Slots, "slot")}{(host.Host.SlotsReason is { } reason ? $": {reason}" : "")}",
        var hosts => $"{HumanText.Count(hosts.Sum(host => host.Host.Slots), "slot")} on {hosts.Count} hosts",
    };
}
