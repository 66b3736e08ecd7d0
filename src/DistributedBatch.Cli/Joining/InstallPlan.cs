using System.Globalization;
using System.Text;

namespace DistributedBatch.Cli.Joining;

/// <summary>What makes this machine a consumer that starts by itself: its settings, and a service of its user's systemd. Only decides; <see cref="Installer"/> writes.</summary>
internal sealed class InstallPlan
{
    /// <summary>Name of the service.</summary>
    public const string Service = "dbatch-consumer";

    /// <summary>Time for the rest, after running chunks had theirs.</summary>
    private static readonly TimeSpan AfterDrain = TimeSpan.FromMinutes(1);

    private readonly string directory;
    private readonly string unitDirectory;

    /// <summary>Plans for a user.</summary>
    /// <param name="configHome">The user's directory for settings, usually <c>~/.config</c>.</param>
    public InstallPlan(string configHome)
    {
        directory = Path.Combine(configHome, "dbatch");
        unitDirectory = Path.Combine(configHome, "systemd", "user");
    }

    /// <summary>The variables of the service; secrets are in it.</summary>
    public string SettingsFile => Path.Combine(directory, "consumer.env");

    /// <summary>The authorities that an invitation brought.</summary>
    public string AuthorityFile => Path.Combine(directory, "consumer-ca.pem");

    /// <summary>The keys that an invitation brought.</summary>
    public string TrustFile => Path.Combine(directory, "consumer-trust.pem");

    /// <summary>The service.</summary>
    public string UnitFile => Path.Combine(unitDirectory, Service + ".service");

    /// <summary>Every file an installation may have left.</summary>
    public IReadOnlyList<string> AllFiles => [UnitFile, SettingsFile, AuthorityFile, TrustFile];

    /// <summary>The files to write.</summary>
    /// <param name="settings">Variables of the consumer, in the order to write them.</param>
    /// <param name="invitation">What brought authorities and keys along; null for none.</param>
    /// <param name="program">Absolute path of dbatch.</param>
    /// <param name="drain">How long running chunks may finish.</param>
    public IReadOnlyList<PlannedFile> Files(IEnumerable<(string Name, string Value)> settings, Invitation? invitation, string program, TimeSpan drain)
    {
        var text = new StringBuilder("# Settings of the service dbatch-consumer, written by dbatch consumer install. Secrets are in it.\n");
        foreach (var (name, value) in settings)
            text.Append(CultureInfo.InvariantCulture, $"{name}={Quoted(value)}\n");
        var files = new List<PlannedFile> { new(SettingsFile, text.ToString(), Secret: true) };
        if (invitation?.Authority is { } authority)
            files.Add(new PlannedFile(AuthorityFile, authority, Secret: false));
        if (invitation?.Trust is { } trust)
            files.Add(new PlannedFile(TrustFile, trust, Secret: false));
        files.Add(new PlannedFile(UnitFile, Unit(program, drain), Secret: false));
        return files;
    }

    /// <summary>The unit we ship, with this user's paths and time in it.</summary>
    private string Unit(string program, TimeSpan drain)
    {
        var lines = ShippedUnit().Split('\n').Where(line => !line.StartsWith('#')).Select(line => line.Split('=')[0] switch
        {
            "EnvironmentFile" => "EnvironmentFile=" + SettingsFile.Replace("%", "%%", StringComparison.Ordinal),
            "ExecStart" => $"ExecStart=\"{Literal(program)}\" consumer",
            "TimeoutStopSec" => string.Create(CultureInfo.InvariantCulture, $"TimeoutStopSec={Math.Ceiling((drain + AfterDrain).TotalSeconds)}"),
            _ => line,
        });
        return string.Join('\n', lines);
    }

    private static string ShippedUnit()
    {
        using var stream = typeof(InstallPlan).Assembly.GetManifestResourceStream("dbatch-consumer.service")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>
    /// What systemd must not take for a specifier, a variable or an escape;
    /// https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines.
    /// </summary>
    private static string Literal(string path) => path
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("%", "%%", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal);

    /// <summary>As systemd and a shell both read it in a file of variables.</summary>
    private static string Quoted(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var letter in value)
        {
            if (letter is '"' or '\\' or '$' or '`')
                text.Append('\\');
            text.Append(letter);
        }

        return text.Append('"').ToString();
    }
}
