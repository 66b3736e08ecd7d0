using System.Globalization;
using System.Text;

namespace DistributedBatch.Cli.Install;

/// <summary>The files that make this machine a consumer that starts by itself: settings, and a service of the user's systemd. <see cref="Installer"/> writes them.</summary>
internal sealed class InstallPlan
{
    /// <summary>Name of the service.</summary>
    public const string Service = "dbatch-consumer";

    /// <summary>Time to stop after the drain.</summary>
    private static readonly TimeSpan AfterDrain = TimeSpan.FromMinutes(1);

    private readonly string directory;
    private readonly string unitDirectory;

    /// <summary>Plans an installation.</summary>
    /// <param name="configHome">The user's directory for settings, usually <c>~/.config</c>.</param>
    public InstallPlan(string configHome)
    {
        directory = Path.Combine(configHome, "dbatch");
        unitDirectory = Path.Combine(configHome, "systemd", "user");
    }

    /// <summary>The installation of the user who runs this program.</summary>
    public static InstallPlan OfThisUser() =>
        new(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify));

    /// <summary>The environment file of the service. It contains secrets.</summary>
    public string SettingsFile => Path.Combine(directory, "consumer.env");

    /// <summary>The certificate authorities from an invitation.</summary>
    public string AuthorityFile => Path.Combine(directory, "consumer-ca.pem");

    /// <summary>The trusted keys from an invitation.</summary>
    public string TrustFile => Path.Combine(directory, "consumer-trust.pem");

    /// <summary>The unit file of the service.</summary>
    public string UnitFile => Path.Combine(unitDirectory, Service + ".service");

    /// <summary>Every file that an installation may have written.</summary>
    public IReadOnlyList<string> AllFiles => [UnitFile, SettingsFile, AuthorityFile, TrustFile];

    /// <summary>The files to write.</summary>
    /// <param name="settings">Variables of the consumer, in the order of the file.</param>
    /// <param name="invitation">The source of authorities and keys; null for none.</param>
    /// <param name="program">Absolute path of dbatch.</param>
    /// <param name="drain">How long running chunks may finish.</param>
    public IReadOnlyList<PlannedFile> Files(IEnumerable<(string Name, string Value)> settings, Invitation? invitation, string program, TimeSpan drain)
    {
        var text = new StringBuilder("# Settings of the service dbatch-consumer, written by dbatch consumer install. This file contains secrets.\n");
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

    /// <summary>The shipped unit file with the paths and the drain time of this installation.</summary>
    private string Unit(string program, TimeSpan drain)
    {
        var lines = ShippedUnit().Split('\n').Where(line => !line.StartsWith('#')).Select(line => line.Split('=')[0] switch
        {
            "EnvironmentFile" => "EnvironmentFile=" + SettingsFile.Replace("%", "%%", StringComparison.Ordinal),
            "ExecStart" => $"ExecStart=\"{Escape(program)}\" consumer",
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
    /// Escapes what systemd would read as a specifier, a variable or an escape;
    /// https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines.
    /// </summary>
    private static string Escape(string path) => path
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("%", "%%", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal);

    /// <summary>Quotes a value so that systemd and a shell both read it from the environment file.</summary>
    private static string Quoted(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var character in value)
        {
            if (character is '"' or '\\' or '$' or '`')
                text.Append('\\');
            text.Append(character);
        }

        return text.Append('"').ToString();
    }
}
