using System.Diagnostics;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>
/// The hidden command <c>dbatch launcher</c>: a small process between the consumer and its programs. It starts and reaps the programs and becomes the
/// parent of orphans. When the consumer dies, even by <c>kill -9</c>, the launcher's standard input ends, and it kills all of them.
/// </summary>
/// <remarks>
/// It uses as little of .NET as possible, because every <c>dbatch run</c> waits for it: no console, no process class, no host.
/// <c>docs/decisions/0002-launcher.md</c> explains why it is a process and not a shell wrapper per attempt.
/// </remarks>
public static class LauncherProgram
{
    /// <summary>The command that makes this program a launcher.</summary>
    public const string Command = "launcher";

    /// <summary>Tells the launcher how many files a program may open.</summary>
    internal const string OpenFilesVariable = "DBATCH_LAUNCHER_OPEN_FILES";

    private const int MaxSpawners = 64;
    private static readonly TimeSpan HungSpawn = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Serves one consumer until standard input ends. Returns the exit code.</summary>
    public static int Main(string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (!OperatingSystem.IsLinux() || !Console.IsInputRedirected || !Console.IsOutputRedirected)
        {
            Console.Error.WriteLine("dbatch launcher is started by a consumer; do not start it by hand.");
            return 2;
        }

        var groups = arguments.Length > 1 ? AttemptCgroups.Join(arguments[1]) : null;
        if (arguments.Length > 1 && groups is null)
        {
            Console.Error.WriteLine($"There is no control group {arguments[1]}.");
            return 2;
        }

        Detach();
        if (ulong.TryParse(Environment.GetEnvironmentVariable(OpenFilesVariable), out var openFiles))
            OpenFilesLimit.Lower(openFiles);
        var replies = new ReplyStream();
        var children = new ChildTable(replies);
        var orphans = new OrphanKiller(children);
        var reaper = new Reaper(children, orphans, replies);
        Run("reaper", reaper.Run);
        var requests = new RequestStream(children);
        replies.Hello();

        // Spawning blocks a thread until the child has executed, so a second thread keeps a second core busy (decision 0002).
        var spawners = new List<Spawner>();
        var running = new CountdownEvent(1); // not disposed: a spawner that hangs may signal it at any time
        void AddSpawner()
        {
            var spawner = new Spawner(requests, children, reaper, replies, groups);
            spawners.Add(spawner);
            running.AddCount();
            Run("spawner", () =>
            {
                spawner.Run();
                running.Signal();
            });
        }

        for (var number = 0; number < Math.Clamp(Environment.ProcessorCount, 2, 4); number++)
            AddSpawner();

        // The main thread never spawns. The kernel makes it the parent of orphans, so its children are orphans only.
        while (!requests.Ended.Wait(SweepInterval))
        {
            // A program on a mount that does not answer holds its spawner for as long as that lasts.
            if (spawners.Count < MaxSpawners && spawners.TrueForAll(spawner => spawner.BusySince is > 0 and var since && Stopwatch.GetElapsedTime(since) > HungSpawn))
                AddSpawner();
            children.AnnounceLongRunning();
            orphans.Sweep();
            reaper.EndTidied();
            groups?.RemoveLeftovers();
        }

        // What the spawners have read must be started before all is killed.
        running.Signal();
        running.Wait(HungSpawn);
        OrphanKiller.KillEverything();
        groups?.EndLauncher(Posix.ProcessId());
        return 0;
    }

    private static void Detach()
    {
        // The consumer handles Ctrl-C and a closed terminal. If they ended the launcher, attempts could not finish.
        foreach (var signal in (ReadOnlySpan<int>)[1, 2, 3, Posix.SigTerm])
            _ = Posix.Signal(signal, 1);
        _ = Posix.SetSession();
        _ = Posix.ProcessControl(Posix.SetChildSubreaper, 1, 0, 0, 0);

        // Programs inherit it: when memory runs out, the kernel kills a program and not the consumer.
        WriteOomScore();
        _ = Posix.CloseRange(3, uint.MaxValue, Posix.CloseRangeCloseOnExec);
    }

    private static unsafe void WriteOomScore()
    {
        var score = "300"u8;
        fixed (byte* path = "/proc/self/oom_score_adj\0"u8)
        fixed (byte* text = score)
        {
            var file = Posix.Open(path, Posix.OpenWriteOnly);
            if (file < 0)
                return;
            _ = Posix.Write(file, text, score.Length);
            _ = Posix.Close(file);
        }
    }

    private static void Run(string name, Action loop) => new Thread(() => loop(), 256 << 10) { IsBackground = true, Name = name }.Start();
}
