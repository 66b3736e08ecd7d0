using System.Text;
using DistributedBatch.TestKit.Network;

namespace DistributedBatch.Specs.Run;

/// <summary>The trace of a run, as a collector receives it.</summary>
public sealed class TraceSpecs
{
    [Fact(Timeout = 90_000)]
    public async Task A_run_is_one_trace_from_its_submission_to_its_reports_and_the_program_is_in_it()
    {
        using var box = new OneBox();
        using var collector = new HttpCatcher();
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        box.Environment["TRACEPARENT"] = $"00-{Trace}-00f067aa0ba902b7-01";
        box.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address.AbsoluteUri;
        box.Environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        var job = box.Script("job", "echo \"$TRACEPARENT\" > seen.$DBATCH_CHUNK\n");

        var ended = await box.DbatchAsync("run", "--total", "2", "--slots", "1", "--", job);

        Assert.True(ended.ExitCode == 0, ended.ToString());
        var seen = Enumerable.Range(0, 2).Select(chunk => box.Read($"seen.{chunk}").Trim().Split('-')).ToList();
        Assert.All(seen, context => Assert.Equal((Trace, "01"), (context[1], context[3])));
        Assert.NotEqual(seen[0][2], seen[1][2]);

        // Protocol buffers write text and bytes as they are, so what was sent can be looked for without a schema.
        var sent = Encoding.Latin1.GetString([.. collector.Caught.Where(request => request.Path == "/v1/traces").SelectMany(request => request.Body)]);
        foreach (var name in new[] { "submit", "feed", "deliver", "attempt", "report", "dbatch-run" })
            Assert.Contains(name, sent, StringComparison.Ordinal);
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(Trace)), sent, StringComparison.Ordinal);
        Assert.All(seen, context => Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(context[2])), sent, StringComparison.Ordinal));
        var metrics = Encoding.Latin1.GetString([.. collector.Caught.Where(request => request.Path == "/v1/metrics").SelectMany(request => request.Body)]);
        Assert.Contains("dbatch.tracker.commits", metrics, StringComparison.Ordinal);
    }
}
