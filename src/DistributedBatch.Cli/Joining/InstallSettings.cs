using DistributedBatch.Cli.Isolation;
using DistributedBatch.Cli.Options;
using DistributedBatch.Consumer.Isolation;

namespace DistributedBatch.Cli.Joining;

/// <summary>The variables that a consumer's service gets, from what was asked for and what an invitation brings; or every reason why not.</summary>
internal static class InstallSettings
{
    private static readonly string[] Paths = ["data", "ca", "broker-ca", "trust"];

    /// <summary>The variables in the order of their names.</summary>
    /// <param name="chosen">What flags, environment and config file say, by key.</param>
    /// <param name="invitation">What was brought along; what was chosen wins.</param>
    /// <param name="token">The token for the server, when there is one.</param>
    /// <param name="plan">Where the invitation's files will be.</param>
    /// <param name="mistakes">Receives a sentence for each mistake.</param>
    public static IReadOnlyList<(string Name, string Value)> Of(
        IReadOnlyDictionary<string, string> chosen, Invitation? invitation, string? token, InstallPlan plan, List<string> mistakes)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Take("broker", invitation?.Broker);
        Take("server", invitation?.Server);
        Take("host-name", invitation?.HostName);
        Take("token", invitation?.Token ?? token);
        Take("ca", invitation?.Authority is null ? null : plan.AuthorityFile);
        Take("trust", invitation?.Trust is null ? null : plan.TrustFile);
        foreach (var (key, text) in chosen)
            all[key] = Paths.Contains(key) ? Path.GetFullPath(text) : text;

        Check(all, plan, mistakes);
        return [.. all.Select(pair => ("DBATCH_" + pair.Key.ToUpperInvariant().Replace('-', '_'), pair.Value))];

        void Take(string key, string? text)
        {
            if (text is not null)
                all[key] = text;
        }
    }

    /// <summary>How long running chunks may finish, as the consumer understands the settings.</summary>
    public static TimeSpan Drain(IReadOnlyDictionary<string, string> chosen) =>
        (chosen.GetValueOrDefault("drain") is { } text ? DurationText.Read(text) : null) ?? new Consumer.ConsumerOptions().Drain;

    private static void Check(SortedDictionary<string, string> all, InstallPlan plan, List<string> mistakes)
    {
        if (all.GetValueOrDefault("broker") is not { } broker)
            mistakes.Add("Say which broker: --broker amqps://user:password@head:5671, or paste the --invitation that the head made.");
        else if (!Uri.TryCreate(broker, UriKind.Absolute, out var url) || url.Scheme is not ("amqp" or "amqps"))
            mistakes.Add($"--broker: '{broker}' is no broker address; write it as amqps://user:password@head:5671");
        if (all.ContainsKey("server") && !all.ContainsKey("token"))
            mistakes.Add("The server wants a token: set DBATCH_TOKEN to a host token, which 'dbatch token create --role host' makes on the head.");
        foreach (var (key, text) in all.Where(pair => pair.Value.Any(char.IsControl)))
            mistakes.Add($"--{key}: {text.Length} characters with a line break or another control character among them cannot be kept in a file of variables.");

        // An invitation's files are written together with the settings, so they need not be there yet.
        foreach (var key in Paths.Where(key => key != "data" && all.TryGetValue(key, out var file) && !File.Exists(file) && file != plan.AuthorityFile && file != plan.TrustFile))
            mistakes.Add($"--{key}: there is no file {all[key]}.");

        var reader = new SettingReader(all.ToDictionary(pair => pair.Key, pair => new SettingValue([pair.Value], "--" + pair.Key, "/")), mistakes);
        reader.NumberOrAuto("slots", fallback: null);
        reader.Word<IsolationMode>(HostIsolation.Key);
        foreach (var key in new[] { "drain", "idle-exit", "ack-timeout" })
            reader.Duration(key);
    }
}
