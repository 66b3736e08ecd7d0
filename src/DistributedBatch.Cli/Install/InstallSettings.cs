using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Cli.Text;
using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Cli.Install;

/// <summary>The environment variables of a consumer's service, from options and an invitation; or every mistake in them.</summary>
internal static class InstallSettings
{
    private static readonly string[] Paths = ["data", "ca", "broker-ca", "trust"];

    /// <summary>The variables in the order of their names.</summary>
    /// <param name="chosen">Settings from flags, environment and config file, by key.</param>
    /// <param name="invitation">The invitation; null for none. A chosen setting wins over it.</param>
    /// <param name="token">The token for the server; null for none.</param>
    /// <param name="plan">The paths of the invitation's files.</param>
    /// <param name="mistakes">Receives a sentence for each mistake.</param>
    public static IReadOnlyList<(string Name, string Value)> Of(
        IReadOnlyDictionary<string, string> chosen, Invitation? invitation, string? token, InstallPlan plan, List<string> mistakes)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        AddInvited("broker", invitation?.Broker);
        AddInvited("server", invitation?.Server);
        AddInvited("host-name", invitation?.HostName);
        AddInvited("token", invitation?.Token ?? token);
        AddInvited("ca", invitation?.Authority is null ? null : plan.AuthorityFile);
        AddInvited("trust", invitation?.Trust is null ? null : plan.TrustFile);
        foreach (var (key, text) in chosen)
            all[key] = Paths.Contains(key) ? Path.GetFullPath(text) : text;

        Check(all, plan, mistakes);
        return [.. all.Select(pair => ("DBATCH_" + pair.Key.ToUpperInvariant().Replace('-', '_'), pair.Value))];

        void AddInvited(string key, string? text)
        {
            if (text is not null)
                all[key] = text;
        }
    }

    /// <summary>How long running chunks may finish, read as the consumer reads it.</summary>
    public static TimeSpan Drain(IReadOnlyDictionary<string, string> chosen) =>
        (chosen.GetValueOrDefault("drain") is { } text ? DurationText.Read(text) : null) ?? new Consumer.ConsumerOptions().Drain;

    private static void Check(SortedDictionary<string, string> all, InstallPlan plan, List<string> mistakes)
    {
        if (all.GetValueOrDefault("broker") is not { } broker)
            mistakes.Add("No broker is given: use --broker amqps://user:password@head:5671, or the --invitation from the head.");
        else if (!Uri.TryCreate(broker, UriKind.Absolute, out var url) || url.Scheme is not ("amqp" or "amqps"))
            mistakes.Add($"--broker: '{broker}' is not a broker address; write it as amqps://user:password@head:5671");
        if (all.ContainsKey("server") && !all.ContainsKey("token"))
            mistakes.Add("The server needs a token: set DBATCH_TOKEN to a host token. 'dbatch token create --role host' creates one on the head.");
        foreach (var (key, _) in all.Where(pair => pair.Value.Any(char.IsControl)))
            mistakes.Add($"--{key}: the value has a line break or another control character, which an environment file cannot hold.");

        // The invitation's files are written together with the settings, so they need not exist yet.
        foreach (var key in Paths.Where(key => key != "data" && all.TryGetValue(key, out var file) && !File.Exists(file) && file != plan.AuthorityFile && file != plan.TrustFile))
            mistakes.Add($"--{key}: there is no file {all[key]}.");

        var reader = new SettingReader(all.ToDictionary(pair => pair.Key, pair => new SettingValue([pair.Value], "--" + pair.Key, "/")), mistakes);
        reader.Slots();
        reader.Word<IsolationMode>(HostIsolation.Key);
        foreach (var key in new[] { "drain", "idle-exit", "ack-timeout" })
            reader.Duration(key, RunSpecCheck.LongestWait);
    }
}
