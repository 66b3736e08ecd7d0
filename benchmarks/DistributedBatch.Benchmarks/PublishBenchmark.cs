using System.Diagnostics;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Chunks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Benchmarks;

/// <summary>How many chunks a second the broker confirms: the producer's own publisher, without a ledger behind it.</summary>
internal static class PublishBenchmark
{
    /// <summary>Publishes <paramref name="chunks"/> chunks, all of them confirmed, and prints how many that is a second.</summary>
    public static async Task RunAsync(Uri broker, int chunks)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning)).AddRabbitMessaging(options =>
        {
            options.Url = broker;
            options.Prefix = $"publish-{Environment.ProcessId}";
        });
        using var host = builder.Build();
        await host.StartAsync();
        var publisher = host.Services.GetRequiredService<IChunkPublisher>();
        var job = new JobSpec { Command = ["true"] };
        var run = RunId.New();
        await PublishAsync(publisher, run, job, 0, 1000);

        var clock = Stopwatch.StartNew();
        await PublishAsync(publisher, run, job, 1000, chunks);
        Console.WriteLine($"{chunks / clock.Elapsed.TotalSeconds:0}");
        await host.StopAsync();
    }

    // As the feed loop does it: one after the other goes out, and the confirms come when they come.
    private static async Task PublishAsync(IChunkPublisher publisher, RunId run, JobSpec job, int from, int count)
    {
        var confirms = new List<Task>(count);
        for (var index = from; index < from + count; index++)
        {
            var chunk = new RunChunk { Run = run, Index = index, Start = index, Count = 1, Total = from + count, Attempt = 1, CrashLimit = 5, Job = job };
            var confirm = publisher.PublishAsync(chunk, CancellationToken.None);
            if (!confirm.IsCompletedSuccessfully)
                confirms.Add(confirm.AsTask());
        }

        await Task.WhenAll(confirms);
    }
}
