namespace DistributedBatch.Cli.Settings;

/// <summary>The default data directory of a service: below <c>XDG_STATE_HOME</c>, which is <c>~/.local/state</c> by default.</summary>
internal static class DefaultDataDirectory
{
    /// <summary>The directory of a role, such as <c>serve</c>.</summary>
    public static string Of(string role)
    {
        var home = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } chosen
            ? chosen
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return Path.Combine(home, "dbatch", role);
    }
}
