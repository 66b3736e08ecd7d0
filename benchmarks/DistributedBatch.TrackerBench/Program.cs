using System.Globalization;
using DistributedBatch.TrackerBench;

// demo DIR PORT: a dashboard to look at.  million DIR [CHUNKS]: a million chunks, then every page.
// sustain DIR PER_SECOND SECONDS [POSTGRES]: does it keep up?
switch (args)
{
    case ["demo", var directory, var port]:
        await Demo.RunAsync(directory, int.Parse(port, CultureInfo.InvariantCulture));
        return 0;
    case ["million", var directory]:
        return await Million.RunAsync(directory, 1_000_000);
    case ["million", var directory, var chunks]:
        return await Million.RunAsync(directory, int.Parse(chunks, CultureInfo.InvariantCulture));
    case ["sustain", var directory, var perSecond, var seconds]:
        return await Sustain.RunAsync(directory, int.Parse(perSecond, CultureInfo.InvariantCulture), int.Parse(seconds, CultureInfo.InvariantCulture), null);
    case ["sustain", var directory, var perSecond, var seconds, var database]:
        return await Sustain.RunAsync(directory, int.Parse(perSecond, CultureInfo.InvariantCulture), int.Parse(seconds, CultureInfo.InvariantCulture), database);
    default:
        await Console.Error.WriteLineAsync("usage: demo DIR PORT | million DIR [CHUNKS] | sustain DIR PER_SECOND SECONDS [POSTGRES]");
        return 2;
}
