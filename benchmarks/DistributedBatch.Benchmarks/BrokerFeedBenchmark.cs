using System.Diagnostics;
using System.Globalization;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Queues;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace DistributedBatch.Benchmarks;

/// <summary>
/// A run fed through RabbitMQ to its last chunk by a <c>dbatch serve --roles producer</c> that runs elsewhere on this machine, with slots that only say "done". It
/// watches the broker's queue and the producer's memory all the way.
/// </summary>
internal static class BrokerFeedBenchmark
{
    private const int Slots = 4;
    private const string ChunkQueue = "dbatch.chunks.cpu";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>Feeds and settles <paramref name="chunks"/> chunks and prints a table.</summary>
    /// <param name="chunks">How many.</param>
    /// <param name="broker">The broker that the producer uses.</param>
    /// <param name="producer">The producer's process.</param>
    /// <returns>0 when every chunk succeeded and the queue stayed within the window.</returns>
    public static async Task<int> RunAsync(int chunks, Uri broker, int producer)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        builder.Services.AddSingleton<RunListener>().AddRabbitMessaging(options => options.Url = broker);
        builder.Services.AddBusEndpoint(Topology.TrackerRunsQueue).InParallel(256).Handle<RunChanged, RunListener>().Handle<RunSubmitted, RunListener>();
        builder.Services.AddBusEndpoint(Topology.TrackerReportsQueue).InParallel(256).Handle<AttemptReports, RunListener>();
        using var host = builder.Build();
        await host.StartAsync();
        var listener = host.Services.GetRequiredService<RunListener>();
        await using var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        using var stop = new CancellationTokenSource();

        var clock = Stopwatch.StartNew();
        var run = new RunSpec { Name = "feed", Dataset = new RangeDataset(chunks), Job = new JobSpec { Command = ["true"] } };
        await host.Services.GetRequiredService<MessageBus>().RequestAsync<SubmitRun, RunCommandResult>(new SubmitRun(run), TimeSpan.FromMinutes(1));
        var memoryBefore = MemoryOf(producer);
        var consumers = Enumerable.Range(0, Slots).Select(slot => DoneConsumer.ConsumeAsync(host.Services, slot, stop.Token)).ToArray();

        Console.WriteLine("| chunks settled | s | chunks/s | ready in the queue, most | queued or running by the ledger, most | producer, MiB |");
        Console.WriteLine("|---|---|---|---|---|---|");
        long deepest = 0, memoryMost = memoryBefore, step = Math.Max(1, chunks / 10);
        for (var (next, since, at) = (step, 0L, TimeSpan.Zero); !listener.Settled.IsCompleted;)
        {
            deepest = Math.Max(deepest, (await channel.QueueDeclarePassiveAsync(ChunkQueue)).MessageCount);
            memoryMost = Math.Max(memoryMost, MemoryOf(producer));
            if (listener.Done >= next)
            {
                var rate = (listener.Done - since) / (clock.Elapsed - at).TotalSeconds;
                Console.WriteLine($"| {listener.Done} | {clock.Elapsed.TotalSeconds:0.0} | {rate:0} | {deepest} | {listener.MostOnTheirWay} | {MemoryOf(producer)} |");
                (next, since, at) = (next + step, listener.Done, clock.Elapsed);
            }

            await Task.WhenAny(listener.Settled, Task.Delay(Look));
        }

        var end = await listener.Settled;
        var seconds = clock.Elapsed.TotalSeconds;
        await stop.CancelAsync();
        await Task.WhenAll(consumers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await host.StopAsync();

        var window = new Producer.ProducerOptions().Dispatch.LookAhead;
        Console.WriteLine();
        Console.WriteLine($"{end.Counts.Succeeded} of {chunks} chunks succeeded in {seconds:0.0} s: {chunks / seconds:0} chunks/s from submit to settled");
        Console.WriteLine($"window {window}: at most {deepest} ready in the broker's queue, at most {listener.MostOnTheirWay} queued or running by the ledger");
        Console.WriteLine($"producer: {memoryBefore} MiB resident before, at most {memoryMost} MiB");
        return end.Counts.Succeeded == chunks && deepest <= window && listener.MostOnTheirWay <= window ? 0 : 1;
    }

    /// <summary>Resident memory of a process, in MiB.</summary>
    private static long MemoryOf(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) >> 10;
    }
}
