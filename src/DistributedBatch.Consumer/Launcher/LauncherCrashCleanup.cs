using System.Text;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>Kills programs whose launcher died: by their group where it was announced, and by the attempt their environment names.</summary>
internal static class LauncherCrashCleanup
{
    /// <summary>Kills everything that belongs to <paramref name="starts"/>. A process id of 0 is unknown.</summary>
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

        // A second look for what was forked during the first one.
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
