using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>
/// The hidden command <c>dbatch launcher</c>: a small process between the consumer and the programs it runs. It starts them, reaps them, and is the
/// parent that orphans fall back to; when the consumer dies, even by <c>kill -9</c>, its standard input ends and it takes every one of them along.
/// </summary>
/// <remarks>
/// Works with as little of .NET as it can, because every <c>dbatch run</c> waits for it: no console, no process class, no host.
/// Why a process of its own and not a shell wrapper per attempt: <c>docs/decisions/0002-launcher.md</c>.
/// </remarks>
public static class LauncherProgram
{
    /// <summary>The word on the command line that makes this program a launcher.</summary>
    public const string Command = "launcher";

    private static readonly TimeSpan SweepEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Serves one consumer until standard input ends. Returns the exit code.</summary>
    public static int Main(string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (!OperatingSystem.IsLinux() || !Console.IsInputRedirected || !Console.IsOutputRedirected)
        {
            Console.Error.WriteLine("dbatch launcher is started by a consumer and speaks to nobody else.");
            return 2;
        }

        var groups = arguments.Length > 1 ? AttemptCgroups.Join(arguments[1]) : null;
        if (arguments.Length > 1 && groups is null)
        {
            Console.Error.WriteLine($"There is no control group {arguments[1]}.");
            return 2;
        }

        Detach();
        var answers = new AnswerStream();
        var children = new ChildTable(answers);
        var strays = new OrphanKiller(children);
        var reaper = new Reaper(children, strays, answers);
        Run("reaper", reaper.Run);
        var requests = new RequestStream(children);
        answers.Hello();

        // Spawning blocks its thread until the child has executed, so a second one keeps a second core busy (decision 0002).
        var spawners = Math.Clamp(Environment.ProcessorCount, 2, 4);
        using var ended = new CountdownEvent(spawners);
        for (var number = 0; number < spawners; number++)
        {
            Run("spawner", () =>
            {
                new Spawner(requests, children, reaper, answers, groups).Run();
                ended.Signal();
            });
        }

        // The main thread never spawns: orphans are given to it by the kernel, so its list of children holds strays and nothing else.
        while (!ended.Wait(SweepEvery))
        {
            children.AnnounceLongRunning();
            strays.Sweep();
            groups?.RemoveLeft();
        }

        strays.KillEverything();
        groups?.LauncherEnds(Posix.ProcessId());
        return 0;
    }

    private static void Detach()
    {
        // Ctrl-C and a closed terminal are for the consumer to answer; a launcher that died of them could not let attempts finish.
        foreach (var signal in (ReadOnlySpan<int>)[1, 2, 3, Posix.SigTerm])
            _ = Posix.Signal(signal, 1);
        _ = Posix.SetSession();
        _ = Posix.ProcessControl(Posix.SetChildSubreaper, 1, 0, 0, 0);
        // Its programs inherit it: should the kernel have to kill for want of memory, then the largest of them, and not the consumer that knows what to do about it.
        WriteOutOfMemoryScore();
        _ = Posix.CloseRange(3, uint.MaxValue, Posix.CloseRangeCloseOnExec);
    }

    private static unsafe void WriteOutOfMemoryScore()
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
