using System.Globalization;
using DistributedBatch.TrackerBench;

// demo DIR PORT: a dashboard to look at.  million BROKER SERVER TOKEN TRACKER CHUNKS: a million chunks, then every page; TRACKER is the process.
// sustain DIR PER_SECOND SECONDS [POSTGRES]: does it keep up?
switch (args)
{
    case ["demo", var directory, var port]:
        await Demo.RunAsync(directory, int.Parse(port, CultureInfo.InvariantCulture));
        return 0;
    case ["million", var broker, var server, var token, var tracker, var chunks]:
        return await Million.RunAsync(
            new Uri(broker), new Uri(server), token, int.Parse(tracker, CultureInfo.InvariantCulture), int.Parse(chunks, CultureInfo.InvariantCulture));
    case ["sustain", var directory, var perSecond, var seconds]:
        return await Sustain.RunAsync(directory, int.Parse(perSecond, CultureInfo.InvariantCulture), int.Parse(seconds, CultureInfo.InvariantCulture), null);
    case ["sustain", var directory, var perSecond, var seconds, var database]:
        return await Sustain.RunAsync(directory, int.Parse(perSecond, CultureInfo.InvariantCulture), int.Parse(seconds, CultureInfo.InvariantCulture), database);
    default:
        await Console.Error.WriteLineAsync("usage: demo DIR PORT | million BROKER SERVER TOKEN TRACKER CHUNKS | sustain DIR PER_SECOND SECONDS [POSTGRES]");
        return 2;
}
