using System.Diagnostics;
using DistributedBatch.Consumer.Linux;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Consumer.Tests.Launcher;

public class ConsumerDeathTests
{
    // Ignores SIGTERM, has a child, and leaves daemons in sessions of their own. The process id of each is written to a file.
    private const string Stubborn = """
        trap '' TERM
        echo $$ > "$1/pids/$DBATCH_CHUNK.a"
        sleep 600 & echo $! > "$1/pids/$DBATCH_CHUNK.b"
        setsid sh -c 'trap "" TERM; echo $$ > "$0/pids/$DBATCH_CHUNK.c"; sleep 600' "$1" > /dev/null &
        (setsid env -i sh -c 'sleep 600 & echo $! > "$0/pids/$1.d"; wait' "$1" "$DBATCH_CHUNK" &)
        wait
        """;

    // Ignores SIGTERM, and writes the process ids of itself, its child and its zygote.
    private const string StubbornPython = """
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
        await NothingOutlivesAsync(files, 12, 4, TestContext.Current.CancellationToken, "/bin/sh", "-c", Stubborn, "sh", files.Path);
    }

    [Fact(Timeout = 120_000)]
    public async Task Kill_9_of_the_consumer_ends_the_preloaded_interpreter_and_its_forks()
    {
        using var files = new TempDirectory();
        await NothingOutlivesAsync(files, 3, 3, TestContext.Current.CancellationToken, "/usr/bin/python3", files.Write("job.py", StubbornPython), files.Path);
    }

    [Fact(Timeout = 120_000)]
    [Trait(ControlGroups.Need, ControlGroups.Cgroup)]
    public async Task Kill_9_of_the_consumer_leaves_neither_processes_nor_control_groups()
    {
        using var files = new TempDirectory();
        var group = await NothingOutlivesAsync("consume-isolated", files, 4, 4, TestContext.Current.CancellationToken, "/bin/sh", "-c", Stubborn, "sh", files.Path);
        await Eventually.HoldsAsync("the groups are gone", () => ControlGroups.IsGone(group), TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 120_000)]
    [Trait(ControlGroups.Need, ControlGroups.Cgroup)]
    public async Task Kill_9_of_the_consumer_ends_isolated_forks_too()
    {
        using var files = new TempDirectory();
        var group = await NothingOutlivesAsync(
            "consume-isolated", files, 3, 3, TestContext.Current.CancellationToken, "/usr/bin/python3", files.Write("job.py", StubbornPython), files.Path);
        await Eventually.HoldsAsync("the groups are gone", () => ControlGroups.IsGone(group), TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 120_000)]
    [Trait(ControlGroups.Need, ControlGroups.Cgroup)]
    public async Task Processes_of_a_consumer_that_died_with_its_launcher_are_ended_by_the_next_consumer()
    {
        using var files = new TempDirectory();
        Directory.CreateDirectory(files["pids"]);
        using var consumer = Start("consume-isolated", files, 1, "/bin/sh", "-c", Stubborn, "sh", files.Path);
        var processes = await PidsAsync(files, 4, TestContext.Current.CancellationToken);
        var group = (await consumer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!;
        var launcher = ProcFs.Parents().Single(pair => pair.Parent == consumer.Id).Process;

        // Stopped by SIGSTOP, so that it cannot react to the death of the consumer.
        ProcessKiller.Send(launcher, ProcessKiller.Sigstop);
        ProcessKiller.Kill(consumer.Id);
        ProcessKiller.Kill(launcher);
        await consumer.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains(processes, ProcessKiller.IsAlive);

        using var next = Isolation.CgroupRunnerTests.OpenGroups();
        await Eventually.HoldsAsync("all of them are gone", () => !processes.Exists(ProcessKiller.IsAlive), TestContext.Current.CancellationToken);

        // Another test may have opened its groups at the same moment; then that one removes this group.
        await Eventually.HoldsAsync("the group is gone", () => ControlGroups.IsGone(group), TestContext.Current.CancellationToken);
    }

    private static async Task NothingOutlivesAsync(TempDirectory files, int chunks, int processesEach, CancellationToken test, params string[] command) =>
        await NothingOutlivesAsync("consume", files, chunks, processesEach, test, command);

    // Returns the first line that the consumer printed.
    private static async Task<string> NothingOutlivesAsync(string verb, TempDirectory files, int chunks, int processesEach, CancellationToken test, params string[] command)
    {
        Directory.CreateDirectory(files["pids"]);
        using var consumer = Start(verb, files, chunks, command);
        var processes = await PidsAsync(files, chunks * processesEach, test);

        ProcessKiller.Kill(consumer.Id);
        await consumer.WaitForExitAsync(test);
        await Eventually.HoldsAsync("all of them are gone", () => !processes.Exists(ProcessKiller.IsAlive), test, TimeSpan.FromSeconds(60));
        return await consumer.StandardOutput.ReadLineAsync(test) ?? "";
    }

    private static Process Start(string verb, TempDirectory files, int chunks, params string[] command) =>
        Process.Start(new ProcessStartInfo(Programs.TestProgram, [verb, files["data"], Programs.Dbatch, $"{chunks}", .. command]) { RedirectStandardOutput = true })!;

    private static async Task<List<int>> PidsAsync(TempDirectory files, int count, CancellationToken test)
    {
        await Eventually.HoldsAsync("every attempt has its processes", () => Directory.GetFiles(files["pids"]).Count(file => File.ReadAllText(file).EndsWith('\n')) == count, test);
        return [.. Directory.GetFiles(files["pids"]).Select(file => int.Parse(File.ReadAllText(file), System.Globalization.CultureInfo.InvariantCulture))];
    }
}
