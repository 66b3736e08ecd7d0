using System.Globalization;
using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Progress;

/// <summary>The sentences of the progress, the same on every screen.</summary>
internal static class ProgressText
{
    /// <summary>The first line.</summary>
    public static string Start(ProgressState state) => string.Create(
        CultureInfo.InvariantCulture, $"run {state.View.Name} ({state.View.Run}): {state.Items:N0} items in {state.View.Chunks.Total:N0} chunks");

    /// <summary>How far it is.</summary>
    public static string Percent(ProgressState state) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(state.Done * 100):0} %");

    /// <summary>Items, chunks and failures.</summary>
    public static string Counts(ProgressState state)
    {
        var counts = state.View.Chunks;
        var failed = counts.Failed > 0 ? string.Create(CultureInfo.InvariantCulture, $", {counts.Failed:N0} failed") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{state.View.ItemsSucceeded:N0} of {state.Items:N0} items, {counts.Succeeded:N0} of {counts.Total:N0} chunks{failed}, {counts.Running:N0} running");
    }

    /// <summary>Rate and time to go.</summary>
    public static string Pace(ProgressState state)
    {
        var eta = state.View.Eta is null ? "" : $", {HumanText.Eta(state.View.Eta)} to go";
        return state.View.ItemsPerSecond is null ? "no chunk has ended yet" + eta : $"{HumanText.Rate(state.View.ItemsPerSecond)} items/s{eta}";
    }

    /// <summary>How many slots there are and why; empty when no host is up.</summary>
    public static string Slots(ProgressState state) => state.Hosts switch
    {
        [] => "",
        [var host] => $"{host.Host.Slots} slots{(host.Host.SlotsReason is { } reason ? $": {reason}" : "")}",
        var hosts => $"{hosts.Sum(host => host.Host.Slots)} slots on {hosts.Count} hosts",
    };
}
