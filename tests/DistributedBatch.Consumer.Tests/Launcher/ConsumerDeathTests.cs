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

    // Ignores SIGTERM too, and writes its own process id, its child's and that of the interpreter it was forked from.
    private const string NastyPython = """
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(['sleep', '600'])
        for name, number in (('a', os.getpid()), ('b', child.pid), ('c', os.getppid())):
            with open(f"{sys.argv[1]}/pids/{os.environ['DBATCH_CHUNK']}.{name}", 'w') as file:
                file.write(f'{number}\n')
        time.sleep(600)
        """;

    [Fact(Timeout = 120_000)]
    public async Task Kill_9_of_the_consumer_leaves_nothing_running()
    {
        using var files = new TempDirectory();
        await NothingOutlivesAsync(files, 12, 4, TestContext.Current.CancellationToken, "/bin/sh", "-c", Nasty, "sh", files.Path);
    }

    [Fact(Timeout = 120_000)]
    public async Task Kill_9_of_the_consumer_ends_the_preloaded_interpreter_and_its_forks()
    {
        using var files = new TempDirectory();
        await NothingOutlivesAsync(files, 3, 3, TestContext.Current.CancellationToken, "/usr/bin/python3", files.Write("job.py", NastyPython), files.Path);
    }

    private static async Task NothingOutlivesAsync(TempDirectory files, int chunks, int processesEach, CancellationToken test, params string[] command)
    {
        Directory.CreateDirectory(files["pids"]);
        using var consumer = Process.Start(new ProcessStartInfo(Programs.TestProgram, ["consume", files["data"], Programs.Dbatch, $"{chunks}", .. command]))!;
        await Eventually.HoldsAsync(
            "every attempt has its processes",
            () => Directory.GetFiles(files["pids"]).Count(file => File.ReadAllText(file).EndsWith('\n')) == chunks * processesEach,
            test);
        var processes = Directory.GetFiles(files["pids"]).Select(file => int.Parse(File.ReadAllText(file), System.Globalization.CultureInfo.InvariantCulture)).ToList();

        ProcessKiller.Kill(consumer.Id);
        await consumer.WaitForExitAsync(test);
        await Eventually.HoldsAsync("all of them are gone", () => !processes.Exists(ProcessKiller.IsAlive), test, TimeSpan.FromSeconds(60));
    }
}
