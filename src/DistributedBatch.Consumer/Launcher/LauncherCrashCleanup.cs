using System.Text;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>Kills the programs of a launcher that died: by process group where it is known, and by the attempt that their environment names.</summary>
internal static class LauncherCrashCleanup
{
    /// <summary>Kills all processes of <paramref name="starts"/>. A process id of 0 means unknown.</summary>
    public static void Kill(IEnumerable<(int Process, IReadOnlyDictionary<string, string> Environment)> starts)
    {
        var tags = new HashSet<ulong>();
        foreach (var (process, environment) in starts)
        {
            if (process > 0)
                _ = Posix.Kill(-process, Posix.SigKill);
            tags.Add(TagOf(environment));
        }

        tags.Remove(0);

        // The second round finds processes that were forked during the first one.
        for (var round = 0; round < 2; round++)
        {
            foreach (var process in ProcFs.All())
            {
                if (AttemptTag.Of(ProcFs.Environment(process)) is not 0 and var tag && tags.Contains(tag))
                    _ = Posix.Kill(process, Posix.SigKill);
            }
        }
    }

    private static ulong TagOf(IReadOnlyDictionary<string, string> environment)
    {
        ulong tag = 0;
        foreach (var name in (ReadOnlySpan<string>)["DBATCH_RUN", "DBATCH_CHUNK", "DBATCH_ATTEMPT"])
        {
            if (environment.TryGetValue(name, out var value))
                tag = AttemptTag.Add(tag, Encoding.UTF8.GetBytes($"{name}={value}"));
        }

        return tag;
    }
}
