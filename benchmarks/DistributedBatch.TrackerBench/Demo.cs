using DistributedBatch.Messaging.Bus;
using Microsoft.Extensions.DependencyInjection;

namespace DistributedBatch.TrackerBench;

/// <summary>A dashboard to look at: finished runs, a failed one, and one that goes on for as long as the program does.</summary>
internal static class Demo
{
    public static async Task RunAsync(string dataDirectory, int port)
    {
        await using var app = await TrackerHost.StartAsync(dataDirectory, port);
        var bus = app.Services.GetRequiredService<MessageBus>();
        var now = DateTimeOffset.UtcNow;
        await WholeAsync(bus, new MadeUpRun("digits-smoke", 120, now.AddHours(-30), 1), 120, now.AddHours(-30), 240, 0);
        await WholeAsync(bus, new MadeUpRun("imagenet-sweep", 2400, now.AddHours(-26), 2), 2400, now.AddHours(-26), 5 * 3600, 0.012);
        await WholeAsync(bus, new MadeUpRun("digits-full", 1797, now.AddHours(-3), 3), 1797, now.AddHours(-3), 2500, 0);

        const int Chunks = 20_000;
        var live = new MadeUpRun("adversarial-digits", Chunks, now.AddMinutes(-40), 4);
        await bus.PublishAsync(live.Submitted());
        var done = 0;
        for (; done < 9_000; done += 5)
        {
            // Half the hosts came after a third of the time, and the pace breathes.
            var part = done / 9_000.0;
            var time = part < 0.2 ? part * 1.7 : 0.34 + ((part - 0.2) * 0.825);
            await PublishAsync(bus, live.Settle(done, 5, now.AddSeconds(-2400 + (2395 * (time + (0.006 * Math.Sin(part * 60))))), 0.002, 8));
        }

        Console.WriteLine($"http://127.0.0.1:{port}/#token={(await File.ReadAllTextAsync(Path.Combine(dataDirectory, "token"))).Trim()}");
        for (; done + 100 < Chunks; done += 4)
        {
            now = DateTimeOffset.UtcNow;
            await PublishAsync(bus, live.Settle(done, 4, now, 0.004, 8));
            var (reports, change, running) = live.Front(done + 4, 40, 24, now, 8);
            await bus.PublishAsync(reports);
            await bus.PublishAsync(change);
            for (var host = 0; host < 4; host++)
                await bus.PublishAsync(MadeUpRun.Heartbeat(host, now, host == 3 ? [] : [.. running.Where((_, at) => at % 3 == host)]));
            await Task.Delay(1000);
        }
    }

    private static async Task WholeAsync(MessageBus bus, MadeUpRun run, int chunks, DateTimeOffset began, double seconds, double failureShare)
    {
        await bus.PublishAsync(run.Submitted());
        for (var from = 0; from < chunks; from += 40)
        {
            var count = Math.Min(40, chunks - from);
            await PublishAsync(bus, run.Settle(from, count, began.AddSeconds(seconds * (from + count) / chunks), failureShare, 12));
        }
    }

    private static async Task PublishAsync(MessageBus bus, (Contracts.Messages.AttemptReports Reports, Contracts.Messages.RunChanged Change) said)
    {
        await bus.PublishAsync(said.Reports);
        await bus.PublishAsync(said.Change);
    }
}
