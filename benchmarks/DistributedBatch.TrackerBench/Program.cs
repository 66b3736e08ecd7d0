using System.Globalization;
using DistributedBatch.TrackerBench;

// demo DIR PORT: a dashboard to look at.  million DIR [CHUNKS]: a million chunks, then every page.
switch (args)
{
    case ["demo", var directory, var port]:
        await Demo.RunAsync(directory, int.Parse(port, CultureInfo.InvariantCulture));
        return 0;
    case ["million", var directory]:
        return await Million.RunAsync(directory, 1_000_000);
    case ["million", var directory, var chunks]:
        return await Million.RunAsync(directory, int.Parse(chunks, CultureInfo.InvariantCulture));
    default:
        await Console.Error.WriteLineAsync("usage: demo DIR PORT | million DIR [CHUNKS]");
        return 2;
}
