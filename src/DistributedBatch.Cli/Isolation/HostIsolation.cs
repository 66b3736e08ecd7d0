using DistributedBatch.Cli.Options;
using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Cli.Isolation;

/// <summary>How this machine contains attempts: read where it is no setting of a run, and opened before anything is started.</summary>
internal static class HostIsolation
{
    /// <summary>Name of the setting.</summary>
    public const string Key = "isolation";

    /// <summary>What was asked for, by the flag, the variable or the config file; by none of them sessions.</summary>
    /// <param name="flag">Text of the flag; null when it was not given.</param>
    /// <param name="mistakes">Receives what is wrong.</param>
    public static IsolationMode Read(string? flag, List<string> mistakes)
    {
        var settings = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
        if ((flag ?? ServiceSetting.Text(Key)) is { } text)
            settings[Key] = new SettingValue([text], flag is null ? "DBATCH_ISOLATION" : "--isolation", "/");
        return new SettingReader(settings, mistakes).Word<IsolationMode>(Key) ?? IsolationMode.Session;
    }

    /// <summary>Opens the groups; null for sessions, and where <paramref name="mistake"/> says why they cannot be had.</summary>
    public static AttemptCgroups? Open(IsolationMode mode, out string? mistake)
    {
        mistake = null;
        if (mode == IsolationMode.Session)
            return null;
        var start = AttemptCgroups.Open();
        if (start is not IsolationStart.Ready { Groups: var groups })
        {
            mistake = ((IsolationStart.Refused)start).Sentence;
            return null;
        }

        if (groups.WithoutMemory is { } reason)
            Console.Error.WriteLine($"dbatch: --isolation cgroup contains attempts here, but neither counts nor limits their memory, because {reason}.");
        return groups;
    }
}
