using System.Diagnostics;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Consumer.Tests.Launcher;

public class ConsumerDeathTests
{
    // Ignores SIGTERM, keeps a child, and leaves a daemon in a session of its own; each writes its process id.
    private const string Nasty = """
        trap '' TERM
        echo $$ > "$1/pids/$DBATCH_CHUNK.a"
        sleep 600 & echo $! > "$1/pids/$DBATCH_CHUNK.b"
        setsid sh -c 'trap "" TERM; echo $$ > "$0/pids/$DBATCH_CHUNK.c"; sleep 600' "$1" > /dev/null &
        (setsid env -i sh -c 'sleep 600 & echo $! > "$0/pids/$1.d"; wait' "$1" "$DBATCH_CHUNK" &)
        wait
        """;

    [Fact(Timeout = 120_000)]
    public async Task Kill_9_of_the_consumer_leaves_nothing_running()
    {
        const int Chunks = 12;
        using var files = new TempDirectory();
        Directory.CreateDirectory(files["pids"]);
        using var consumer = Process.Start(new ProcessStartInfo(Programs.TestProgram)
        {
            ArgumentList = { "consume", files["data"], Programs.Dbatch, $"{Chunks}", "/bin/sh", "-c", Nasty, "sh", files.Path },
        })!;
        var test = TestContext.Current.CancellationToken;
        await Eventually.HoldsAsync(
            "every attempt has its four processes",
            () => Directory.GetFiles(files["pids"]).Count(file => File.ReadAllText(file).EndsWith('\n')) == Chunks * 4,
            test);
        var processes = Directory.GetFiles(files["pids"]).Select(file => int.Parse(File.ReadAllText(file), System.Globalization.CultureInfo.InvariantCulture)).ToList();

        ProcessKiller.Kill(consumer.Id);
        await consumer.WaitForExitAsync(test);
        await Eventually.HoldsAsync("all of them are gone", () => !processes.Exists(ProcessKiller.IsAlive), test, TimeSpan.FromSeconds(3));
    }
}
