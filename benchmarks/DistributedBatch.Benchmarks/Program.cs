using System.Globalization;
using DistributedBatch.Benchmarks;

switch (args)
{
    case ["feed", var chunks]:
        await FeedBenchmark.RunAsync(int.Parse(chunks, CultureInfo.InvariantCulture));
        return 0;
    case ["feed", var chunks, var broker, var producer]:
        return await BrokerFeedBenchmark.RunAsync(
            int.Parse(chunks, CultureInfo.InvariantCulture), new Uri(broker), int.Parse(producer, CultureInfo.InvariantCulture));
    case ["publish", var broker, var chunks]:
        await PublishBenchmark.RunAsync(new Uri(broker), int.Parse(chunks, CultureInfo.InvariantCulture));
        return 0;
    default:
        Console.Error.WriteLine("""
            Usage: DistributedBatch.Benchmarks feed CHUNKS                feed and settle that many empty chunks in one process, without programs
                   DistributedBatch.Benchmarks feed CHUNKS BROKER PID     the same through RabbitMQ, by the producer that is process PID (see feed.sh)
                   DistributedBatch.Benchmarks publish BROKER CHUNKS      publish that many chunks to a RabbitMQ and print how many it confirms a second
            """);
        return 2;
}
