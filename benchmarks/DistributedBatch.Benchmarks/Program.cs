using DistributedBatch.Benchmarks;

if (args is not ["feed", var chunks])
{
    Console.Error.WriteLine("Usage: DistributedBatch.Benchmarks feed CHUNKS   feed and settle that many empty chunks in one process, without programs");
    return 2;
}

await FeedBenchmark.RunAsync(int.Parse(chunks, System.Globalization.CultureInfo.InvariantCulture));
return 0;
