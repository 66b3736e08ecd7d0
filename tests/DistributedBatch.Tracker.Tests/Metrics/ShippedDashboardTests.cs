using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using DistributedBatch.Tracker.Metrics;

namespace DistributedBatch.Tracker.Tests.Metrics;

/// <summary>What infra/ shows and warns of is what the program measures, under the names in docs/metrics.md.</summary>
public sealed partial class ShippedDashboardTests
{
    [Theory]
    [InlineData("infra/grafana/dashboards/dbatch.json")]
    [InlineData("infra/prometheus/rules.yml")]
    public void Every_metric_of_ours_that_is_asked_for_is_in_the_published_table(string file)
    {
        var known = TrackerMetrics.Table.SelectMany(NamesOf).ToHashSet(StringComparer.Ordinal);

        var asked = OurMetric().Matches(File.ReadAllText(Path.Combine(Root(), file))).Select(match => match.Value).Distinct().ToList();

        Assert.NotEmpty(asked);
        Assert.Empty(asked.Except(known));
    }

    [Fact]
    public void Every_panel_has_a_place_a_description_and_a_question_for_the_provisioned_source()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root(), "infra/grafana/dashboards/dbatch.json")));
        var provisioned = File.ReadAllText(Path.Combine(Root(), "infra/grafana/provisioning/datasources/prometheus.yml"));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();

        Assert.NotEmpty(panels);
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        foreach (var panel in panels)
        {
            var place = panel.GetProperty("gridPos");
            Assert.InRange(place.GetProperty("x").GetInt32() + place.GetProperty("w").GetInt32(), 1, 24);
            Assert.NotEqual("", panel.GetProperty("description").GetString());
            Assert.Contains($"uid: {panel.GetProperty("datasource").GetProperty("uid").GetString()}\n", provisioned, StringComparison.Ordinal);
            Assert.All(panel.GetProperty("targets").EnumerateArray(), target => Assert.NotEqual("", target.GetProperty("expr").GetString()));
        }
    }

    private static IEnumerable<string> NamesOf(Metric metric)
    {
        var name = metric.Name.Replace('.', '_') + (metric.Unit == "s" ? "_seconds" : "") + (metric.Kind == "counter" ? "_total" : "");
        return metric.Kind == "histogram" ? [$"{name}_bucket", $"{name}_sum", $"{name}_count"] : [name];
    }

    private static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));

    [GeneratedRegex("\\bdbatch_[a-z_]+")]
    private static partial Regex OurMetric();
}
