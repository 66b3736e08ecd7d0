using System.CommandLine;
using System.Text.RegularExpressions;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Joining;
using DistributedBatch.Cli.Options;
using DistributedBatch.Cli.Sources;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch consumer install</c>, <c>uninstall</c> and <c>invite</c>: a machine that joins a lab by one line and stays.</summary>
internal static partial class ConsumerInstallCommand
{
    private static string ConfigHome => Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);

    /// <summary>The verb that installs.</summary>
    /// <param name="settings">The consumer's own options, each with its key; they mean the same here.</param>
    public static Command Install(IReadOnlyList<(Option<string> Option, string Key)> settings)
    {
        var invitation = new Option<string>("--invitation")
        {
            HelpName = "WORD|-",
            Description = "what 'dbatch consumer invite' printed on the head; - reads it from standard input, which keeps it out of the shell's history",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "show what would be written, secrets hidden, and write nothing" };
        var verb = new Command("install", "Make this machine a consumer that starts by itself: settings and a service of your systemd.") { invitation, dryRun };
        foreach (var (option, _) in settings)
            verb.Options.Add(option);
        verb.SetAction(parsed =>
        {
            var mistakes = new List<string>();
            var plan = new InstallPlan(ConfigHome);
            var invited = ReadInvitation(parsed.GetValue(invitation), mistakes);
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            var chosen = Chosen(parsed, settings, withEnvironment: invited is null);
            var token = invited?.Token ?? ServerAddress.Find(chosen.GetValueOrDefault("server"), token: null, chosen.GetValueOrDefault("ca"), mistakes)?.Token;
            var variables = InstallSettings.Of(chosen, invited, token, plan, mistakes);
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            var files = plan.Files(variables, invited, Environment.ProcessPath!, InstallSettings.Drain(chosen));
            return parsed.GetValue(dryRun) ? Show(files) : Write(files);
        });
        return verb;
    }

    /// <summary>The verb that takes it back.</summary>
    public static Command Uninstall()
    {
        var verb = new Command("uninstall", "Remove what 'dbatch consumer install' wrote.");
        verb.SetAction(_ =>
        {
            var removed = Installer.Remove(new InstallPlan(ConfigHome).AllFiles);
            foreach (var path in removed)
                Console.Out.WriteLine($"Removed {path}");
            Console.Out.WriteLine(removed.Count == 0
                ? "Nothing was installed."
                : $"If the service still runs, stop it: systemctl --user disable --now {InstallPlan.Service}; systemctl --user daemon-reload");
            return ExitCode.Done;
        });
        return verb;
    }

    /// <summary>The verb that makes an invitation, on the head.</summary>
    /// <param name="settings">The consumer's own options, each with its key.</param>
    public static Command Invite(IReadOnlyList<(Option<string> Option, string Key)> settings)
    {
        var verb = new Command("invite", "Print the line that makes another machine a consumer of this lab. Secrets are in it.");
        foreach (var (option, key) in settings.Where(setting => setting.Key is "broker" or "server" or "host-name" or "ca" or "trust"))
            verb.Options.Add(option);
        verb.SetAction(parsed =>
        {
            var mistakes = new List<string>();
            var chosen = Chosen(parsed, [.. settings.Where(setting => verb.Options.Contains(setting.Option))], withEnvironment: true);
            var server = ServerAddress.Find(chosen.GetValueOrDefault("server"), token: null, chosen.GetValueOrDefault("ca"), mistakes);
            if (chosen.GetValueOrDefault("broker") is not { } broker)
                mistakes.Add("Say which broker, as the other machine reaches it: --broker amqps://user:password@head:5671");
            else if (server is { Token: null })
                mistakes.Add("The server wants a token: set DBATCH_TOKEN to a host token, which 'dbatch token create --role host' makes.");
            else if (Text(chosen, "ca", mistakes) is var authority && Text(chosen, "trust", mistakes) is var trust && mistakes.Count == 0)
            {
                var word = new Invitation
                {
                    Broker = broker,
                    Server = server?.Url.AbsoluteUri,
                    Token = server?.Token,
                    HostName = chosen.GetValueOrDefault("host-name"),
                    Authority = authority,
                    Trust = trust,
                }.Write();
                Console.Out.WriteLine($"dbatch consumer install --invitation {word}");
            }

            return mistakes.Count > 0 ? ErrorOutput.Usage(mistakes) : ExitCode.Done;
        });
        return verb;
    }

    private static Dictionary<string, string> Chosen(ParseResult parsed, IReadOnlyList<(Option<string> Option, string Key)> settings, bool withEnvironment)
    {
        var chosen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (option, key) in settings)
        {
            if ((parsed.GetValue(option) ?? (withEnvironment ? ServiceSetting.Text(key) : null)) is { } text)
                chosen[key] = text;
        }

        return chosen;
    }

    private static Invitation? ReadInvitation(string? word, List<string> mistakes)
    {
        if (word is null)
            return null;
        var invitation = Invitation.Read(word == "-" ? Console.In.ReadToEnd() : word);
        if (invitation is null)
            mistakes.Add("--invitation: that is no invitation, or a part of it is missing. Make one on the head with 'dbatch consumer invite' and paste all of it.");
        return invitation;
    }

    private static string? Text(Dictionary<string, string> chosen, string key, List<string> mistakes)
    {
        if (chosen.GetValueOrDefault(key) is not { } file)
            return null;
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"--{key}: cannot read {file}: {failure.Message}");
            return null;
        }
    }

    private static int Show(IReadOnlyList<PlannedFile> files)
    {
        foreach (var file in files)
            Console.Out.WriteLine($"# {file.Path}{(file.Secret ? " (only you can read it)" : "")}{Environment.NewLine}{Hidden(file.Text)}");
        Console.Out.WriteLine($"# then{Environment.NewLine}{Next()}");
        return ExitCode.Done;
    }

    private static int Write(IReadOnlyList<PlannedFile> files)
    {
        try
        {
            Installer.Write(files);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return ErrorOutput.Usage($"The installation cannot be written: {failure.Message}");
        }

        foreach (var file in files)
            Console.Out.WriteLine($"Wrote {file.Path}{(file.Secret ? ", which only you can read" : "")}");
        Console.Out.WriteLine($"Now start it:{Environment.NewLine}{Next()}");
        return ExitCode.Done;
    }

    private static string Next() => string.Join(
        Environment.NewLine,
        "  systemctl --user daemon-reload",
        $"  systemctl --user enable --now {InstallPlan.Service}",
        "  loginctl enable-linger                        # it goes on when you log out",
        $"  journalctl --user -u {InstallPlan.Service} -f       # what it says",
        $"Without systemd: set -a; . {new InstallPlan(ConfigHome).SettingsFile}; set +a; {Environment.ProcessPath} consumer");

    private static string Hidden(string text) => TokenLine().Replace(PasswordInAddress().Replace(text, "$1***@"), "DBATCH_TOKEN=\"***\"");

    [GeneratedRegex("(://[^:@/\"]*:)[^@\"]*@")]
    private static partial Regex PasswordInAddress();

    [GeneratedRegex("^DBATCH_TOKEN=.*$", RegexOptions.Multiline)]
    private static partial Regex TokenLine();
}
