using System.Net;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Metrics;
using DistributedBatch.Tracker.Tests.Api;

namespace DistributedBatch.Tracker.Tests.Metrics;

public sealed partial class MetricsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task What_is_emitted_is_what_the_table_says()
    {
        await using var server = await TestServer.StartAsync();
        var run = RunId.New();
        await server.PublishAsync(
            TestData.Submitted(run), TestData.Heartbeat("ada", DateTimeOffset.UtcNow), TestData.Changed(run, 1, RunState.Running, new ChunkCounts(10, 7, 1, 0, 1, 1, 0)),
            TestData.Reports(TestData.Succeeded(run, 0), TestData.Failed(run, 1)));

        var text = await server.Client.GetStringAsync("/metrics", Cancellation);

        var families = Families().Matches(text).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["kind"].Value);
        Assert.Equal(
            TrackerMetrics.Table.Select(metric => (PrometheusNameOf(metric), metric.Kind)).Order(),
            families.Where(pair => pair.Key.StartsWith("dbatch", StringComparison.Ordinal)).Select(pair => (pair.Key, pair.Value)).Order());
        foreach (var metric in TrackerMetrics.Table)
        {
            var series = Regex.Match(text, $"^{PrometheusNameOf(metric)}(_sum)?(\\{{(?<labels>[^}}]*)\\}})? ", RegexOptions.Multiline);
            Assert.True(series.Success, $"{metric.Name} was not measured");
            Assert.Equal(metric.Labels, LabelNames().Matches(series.Groups["labels"].Value).Select(match => match.Value));
        }

        Assert.Contains("dbatch_chunks{state=\"pending\"} 7\n", text, StringComparison.Ordinal);
        Assert.Contains("dbatch_attempt_duration_seconds_bucket{outcome=\"exit-code\",le=\"1\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("dbatch_slots{busy=\"no\"} 4\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_documented_table_is_the_one_in_the_program()
    {
        var documented = File.ReadLines(Path.Combine(Root(), "docs", "metrics.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal));

        Assert.Equal(
            TrackerMetrics.Table.Select(metric =>
                $"| `{metric.Name}` | `{PrometheusNameOf(metric)}` | {metric.Kind} | {metric.Unit} | {(metric.Labels.Count == 0 ? "–" : string.Join(", ", metric.Labels.Select(label => $"`{label}`")))} | {metric.Meaning} |"),
            documented);
    }

    [Fact(Timeout = 60_000)]
    public async Task Metrics_ask_for_the_token()
    {
        await using var server = await TestServer.StartAsync();
        using var stranger = new HttpClient { BaseAddress = server.Client.BaseAddress };

        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/metrics", Cancellation)).StatusCode);
    }

    private static string PrometheusNameOf(Metric metric) =>
        metric.Name.Replace('.', '_') + (metric.Unit == "s" ? "_seconds" : "") + (metric.Kind == "counter" ? "_total" : "");

    private static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) (?<kind>[a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex Families();

    [GeneratedRegex("[a-z_]+(?==)")]
    private static partial Regex LabelNames();
}
