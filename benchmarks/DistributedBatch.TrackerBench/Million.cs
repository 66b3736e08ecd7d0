using System.Diagnostics;
using System.Net.Http.Headers;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Tracker.Projection;
using Microsoft.Extensions.DependencyInjection;

namespace DistributedBatch.TrackerBench;

/// <summary>
/// One run with a million settled chunks through the real event path, then every page: how fast reports are taken in, how long the slowest page takes, how
/// much memory the process has.
/// </summary>
internal static class Million
{
    private const int Flush = 200;
    private const double LimitMilliseconds = 100;

    private static readonly string[] Pages =
    [
        "", "/chunks?limit=100", "/chunks?limit=100&after=900000", "/chunks?limit=100&state=failed", "/chunks?limit=100&state=failed&after=990000",
        "/chunks?limit=100&state=pending", "/chunks?limit=100&host=ada", "/chunks?limit=100&longerThan=30", "/chunks?limit=100&longerThan=1",
        "/chunks?limit=100&error=memory", "/chunks?limit=100&error=nothing-like-it", "/chunks?limit=100&error=memory&host=ada&state=failed", "/failures?limit=50",
        "/slowest?limit=20", "/timeline", "/strip", "/strip?buckets=1000", "/explain", "/chunks/777777", "/chunks/777777/attempts", "/chunks/777777/explain",
    ];

    public static async Task<int> RunAsync(string dataDirectory, int chunks)
    {
        await using var app = await TrackerHost.StartAsync(dataDirectory, 0);
        var bus = app.Services.GetRequiredService<MessageBus>();
        var began = DateTimeOffset.UtcNow.AddHours(-10);
        var run = new MadeUpRun("million", chunks, began, 1);
        var settled = app.Services.GetRequiredService<ProjectionSignal>().WaitUntilSettledAsync(run.Id, CancellationToken.None);
        var clock = Stopwatch.StartNew();
        await bus.PublishAsync(run.Submitted());
        for (var from = 0; from < chunks; from += Flush)
        {
            var (reports, change) = run.Settle(from, Math.Min(Flush, chunks - from), began.AddSeconds(35_000.0 * from / chunks), 0.002, 3);
            await bus.PublishAsync(reports);
            await bus.PublishAsync(change);
        }

        await settled;
        Console.WriteLine($"taken in: {chunks} chunks in {clock.Elapsed.TotalSeconds:0.0} s, {chunks / clock.Elapsed.TotalSeconds:0} reports/s");

        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(dataDirectory, "token"))).Trim());
        List<(double Milliseconds, string Page)> times = [];
        foreach (var page in new[] { "/", "/page/main.js", "/page/page.css", "/page/vendor/uplot/uPlot.js", "/api/runs", "/api/hosts", "/api/hosts/ada/slots", "/metrics" })
            times.Add(await TimeAsync(client, page));
        foreach (var page in Pages)
            times.Add(await TimeAsync(client, $"/api/runs/{run.Id}{page}"));
        foreach (var (milliseconds, page) in times.OrderBy(time => time.Milliseconds))
            Console.WriteLine($"{milliseconds,8:0.0} ms  {page.Replace(run.Id.Value, "RUN", StringComparison.Ordinal)}");
        Console.WriteLine($"memory: {Process.GetCurrentProcess().WorkingSet64 >> 20} MiB, database {new FileInfo(Path.Combine(dataDirectory, "tracker.db")).Length >> 20} MiB");
        await app.StopAsync();
        return times.Max(time => time.Milliseconds) <= LimitMilliseconds ? 0 : 1;
    }

    /// <summary>The second look of three: the first pays for the compiler, the median of the rest for what a user waits for.</summary>
    private static async Task<(double Milliseconds, string Page)> TimeAsync(HttpClient client, string page)
    {
        var times = new List<double>();
        for (var look = 0; look < 4; look++)
        {
            var clock = Stopwatch.StartNew();
            using var answer = await client.GetAsync(new Uri(page, UriKind.Relative));
            answer.EnsureSuccessStatusCode();
            await answer.Content.ReadAsByteArrayAsync();
            if (look > 0)
                times.Add(clock.Elapsed.TotalMilliseconds);
        }

        return (times.Order().ElementAt(1), page);
    }
}
