using System.Diagnostics;
using System.Globalization;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Tracker.Projection;
using Microsoft.Extensions.DependencyInjection;

namespace DistributedBatch.TrackerBench;

/// <summary>
/// Reports at a steady pace for a while: does the tracker keep up? The pace is held by a clock, so a tracker that is too slow shows as a growing backlog and not
/// as a slower sender.
/// </summary>
internal static class Sustain
{
    private const int Flush = 200;

    /// <summary>Reports that may be waiting: two seconds' worth, or the tracker has fallen behind.</summary>
    private const int SecondsBehind = 2;

    public static async Task<int> RunAsync(string dataDirectory, int perSecond, int seconds, string? database)
    {
        await using var app = await TrackerHost.StartAsync(dataDirectory, 0, database);
        var bus = app.Services.GetRequiredService<MessageBus>();
        var run = new MadeUpRun("sustained", perSecond * seconds, DateTimeOffset.UtcNow, 1);
        var committed = 0L;
        app.Services.GetRequiredService<ProjectionSignal>().BatchCommitted += (batch, _) => Interlocked.Add(ref committed, batch.Attempts.Count);
        await bus.PublishAsync(run.Submitted());

        // The messages are made before the clock starts: what is measured is the tracker, not the making up.
        var made = Enumerable.Range(0, perSecond * seconds / Flush).Select(flush => run.Settle(flush * Flush, Flush, DateTimeOffset.UtcNow, 0, 1)).ToList();
        var clock = Stopwatch.StartNew();
        var published = 0L;
        var worst = 0L;
        var told = 0;
        foreach (var (reports, change) in made)
        {
            var due = TimeSpan.FromSeconds((double)published / perSecond);
            if (due - clock.Elapsed is { Ticks: > 0 } early)
                await Task.Delay(early);
            await bus.PublishAsync(reports);
            await bus.PublishAsync(change);
            published += Flush;
            worst = Math.Max(worst, (long)(clock.Elapsed.TotalSeconds * perSecond) - Interlocked.Read(ref committed));
            if (clock.Elapsed.TotalSeconds >= told + 10)
            {
                told += 10;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{told,4} s: {published} sent, {Interlocked.Read(ref committed)} committed"));
            }
        }

        while (Interlocked.Read(ref committed) < published && clock.Elapsed.TotalSeconds < seconds * 3)
            await Task.Delay(10);
        var rate = Interlocked.Read(ref committed) / clock.Elapsed.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(database is null ? "SQLite" : "PostgreSQL")}: {published} reports in {clock.Elapsed.TotalSeconds:0.0} s, {rate:0} a second, at most {(double)worst / perSecond:0.0} s behind, processor {Environment.CpuUsage.TotalTime / clock.Elapsed:0.00} cores"));
        await app.StopAsync();
        return worst <= (long)perSecond * SecondsBehind ? 0 : 1;
    }
}
