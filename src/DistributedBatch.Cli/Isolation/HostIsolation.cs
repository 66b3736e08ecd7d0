using DistributedBatch.Cli.Settings;
using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Cli.Isolation;

/// <summary>How this machine contains attempts: the setting <c>isolation</c>, and the control groups that it asks for.</summary>
internal static class HostIsolation
{
    /// <summary>Name of the setting.</summary>
    public const string Key = "isolation";

    /// <summary>Reads the setting from the flag, the variable or the config file; sessions by default.</summary>
    /// <param name="flag">Text of the flag; null for none.</param>
    /// <param name="mistakes">Receives the mistakes.</param>
    public static IsolationMode Read(string? flag, List<string> mistakes)
    {
        var settings = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
        if ((flag ?? ServiceSetting.Text(Key)) is { } text)
            settings[Key] = new SettingValue([text], flag is null ? "DBATCH_ISOLATION" : "--isolation", "/");
        return new SettingReader(settings, mistakes).Word<IsolationMode>(Key) ?? IsolationMode.Session;
    }

    /// <summary>Opens the control groups; null for sessions, and null with the reason in <paramref name="mistake"/>.</summary>
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
            Console.Error.WriteLine($"dbatch: --isolation cgroup contains attempts, but neither measures nor limits their memory, because {reason}.");
        return groups;
    }
}
