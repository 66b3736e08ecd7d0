using System.Diagnostics;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging;
using DistributedBatch.Producer;
using DistributedBatch.Producer.Intake;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistributedBatch.Benchmarks;

/// <summary>What the producer costs: ledger, store, queue and bus as in <c>dbatch run</c>, with a consumer that only says "done".</summary>
internal static class FeedBenchmark
{
    private const int Slots = 2;

    /// <summary>Feeds and settles <paramref name="chunks"/> chunks and prints rate and memory.</summary>
    public static async Task RunAsync(int chunks)
    {
        var directory = Directory.CreateTempSubdirectory("dbatch-bench-");
        using var host = BuildHost(directory.FullName);
        await host.StartAsync();
        using var process = Process.GetCurrentProcess();
        var before = process.WorkingSet64;
        using var stop = new CancellationTokenSource();
        var consumers = Enumerable.Range(0, Slots).Select(slot => DoneConsumer.ConsumeAsync(host.Services, slot, stop.Token)).ToArray();

        var clock = Stopwatch.StartNew();
        var intake = host.Services.GetRequiredService<RunIntake>();
        var answer = await intake.SubmitAsync(
            new RunSpec { Name = "bench", Dataset = new RangeDataset(chunks), Job = new JobSpec { Command = ["true"] } }, CancellationToken.None);
        var state = await intake.WaitUntilSettledAsync(answer.Run!.Value, CancellationToken.None);
        var seconds = clock.Elapsed.TotalSeconds;

        process.Refresh();
        Console.WriteLine($"{chunks} chunks {state} in {seconds:0.00} s: {chunks / seconds:0} chunks/s, {process.TotalProcessorTime.TotalMilliseconds * 1000 / chunks:0} us CPU a chunk");
        Console.WriteLine($"memory: {before >> 20} MiB before, at most {process.PeakWorkingSet64 >> 20} MiB, managed {GC.GetTotalMemory(true) >> 20} MiB after");
        Console.WriteLine($"ledger: {new FileInfo(Path.Combine(directory.FullName, "ledger.db")).Length >> 20} MiB on disk");
        await stop.CancelAsync();
        await Task.WhenAll(consumers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await host.StopAsync();
        directory.Delete(recursive: true);
    }

    private static IHost BuildHost(string directory)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        builder.Services.AddInProcessMessaging().AddProducer(options => options.DataDirectory = directory);
        return builder.Build();
    }
}
