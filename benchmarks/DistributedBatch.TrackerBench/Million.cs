using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.TrackerBench;

/// <summary>
/// One run with a million settled chunks, told over RabbitMQ to a <c>dbatch serve --roles tracker</c> that runs elsewhere on this machine, then every page and every
/// view of the dashboard: how fast reports are taken in, how long the slowest page takes, how much memory the tracker has.
/// </summary>
internal static class Million
{
    private const int Flush = 200;
    private const double LimitMilliseconds = 100;
    private const double ViewLimitMilliseconds = 1000;
    private const long MemoryLimit = 400L << 20;

    private static readonly string[] Pages =
    [
        "", "/chunks?limit=100", "/chunks?limit=100&after=900000", "/chunks?limit=100&state=failed", "/chunks?limit=100&state=failed&after=990000",
        "/chunks?limit=100&state=pending", "/chunks?limit=100&host=ada", "/chunks?limit=100&longerThan=30", "/chunks?limit=100&longerThan=1",
        "/chunks?limit=100&error=memory", "/chunks?limit=100&error=nothing-like-it", "/chunks?limit=100&error=memory&host=ada&state=failed", "/failures?limit=50",
        "/slowest?limit=20", "/timeline", "/strip", "/strip?buckets=1000", "/explain", "/chunks/7777", "/chunks/7777/attempts", "/chunks/7777/explain",
    ];

    public static async Task<int> RunAsync(Uri broker, Uri server, string token, int tracker, int chunks)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning)).AddRabbitMessaging(options => options.Url = broker);
        using var host = builder.Build();
        await host.StartAsync();
        using var client = new HttpClient { BaseAddress = server, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };

        var run = await TellAsync(host.Services.GetRequiredService<MessageBus>(), client, chunks);
        List<(double Milliseconds, string Page)> times = [];
        foreach (var page in new[] { "/", "/page/main.js", "/page/page.css", "/page/vendor/uplot/uPlot.js", "/api/runs", "/api/hosts", "/api/hosts/ada/slots", "/metrics" })
            times.Add(await TimeAsync(client, page));
        foreach (var page in Pages)
            times.Add(await TimeAsync(client, $"/api/runs/{run}{page}"));
        Print(times, run);

        var views = await DashboardViews.TimeAsync(server, token, run);
        Console.WriteLine("in Chromium, from the first request with an empty cache until all of the view is there:");
        Print(views, run);

        using var process = Process.GetProcessById(tracker);
        Console.WriteLine($"tracker: {process.WorkingSet64 >> 20} MiB resident, at most {process.PeakWorkingSet64 >> 20} MiB");
        await host.StopAsync();
        return times.Max(time => time.Milliseconds) <= LimitMilliseconds && views.Max(time => time.Milliseconds) <= ViewLimitMilliseconds
            && process.PeakWorkingSet64 <= MemoryLimit ? 0 : 1;
    }

    private static async Task<RunId> TellAsync(MessageBus bus, HttpClient client, int chunks)
    {
        var began = DateTimeOffset.UtcNow.AddHours(-10);
        var run = new MadeUpRun("million", chunks, began, 1);
        var clock = Stopwatch.StartNew();
        await bus.PublishAsync(run.Submitted());
        for (var from = 0; from < chunks; from += Flush)
        {
            var (reports, change) = run.Settle(from, Math.Min(Flush, chunks - from), began.AddSeconds(35_000.0 * from / chunks), 0.002, 3);
            await bus.PublishAsync(reports);
            await bus.PublishAsync(change);
        }

        for (var host = 0; host < 4; host++)
            await bus.PublishAsync(MadeUpRun.Heartbeat(host, DateTimeOffset.UtcNow, []));
        while (await SettledAsync(client, run.Id) < chunks)
            await Task.Delay(100);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"taken in: {chunks} chunks in {clock.Elapsed.TotalSeconds:0.0} s, {chunks / clock.Elapsed.TotalSeconds:0} reports/s"));
        return run.Id;
    }

    private static async Task<int> SettledAsync(HttpClient client, RunId run)
    {
        using var answer = await client.GetAsync(new Uri($"/api/runs/{run}", UriKind.Relative));
        if (!answer.IsSuccessStatusCode)
            return 0;
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("chunks").GetProperty("settled").GetInt32();
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

    private static void Print(IEnumerable<(double Milliseconds, string Page)> times, RunId run)
    {
        foreach (var (milliseconds, page) in times.OrderBy(time => time.Milliseconds))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{milliseconds,8:0.0} ms  {page.Replace(run.Value, "RUN", StringComparison.Ordinal)}"));
    }
}
