using System.CommandLine;
using System.Text.RegularExpressions;
using DistributedBatch.Cli.Install;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Cli.Settings;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary><c>dbatch consumer install</c>, <c>uninstall</c> and <c>invite</c>: a machine joins a lab with one pasted line.</summary>
internal static partial class ConsumerInstallCommand
{
    /// <summary>Builds the command that installs.</summary>
    /// <param name="settings">The consumer's options, each with its key.</param>
    public static Command Install(IReadOnlyList<(Option<string> Option, string Key)> settings)
    {
        var invitation = new Option<string>("--invitation")
        {
            HelpName = "WORD|-",
            Description = "the output of 'dbatch consumer invite' on the head; - reads it from standard input, which keeps it out of the shell's history",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "print what would be written, without secrets, and write nothing" };
        var command = new Command("install", "Make this machine a consumer that starts by itself: write settings and a systemd user service.") { invitation, dryRun };
        foreach (var (option, _) in settings)
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var mistakes = new List<string>();
            var plan = InstallPlan.OfThisUser();
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
        return command;
    }

    /// <summary>Builds the command that uninstalls.</summary>
    public static Command Uninstall()
    {
        var command = new Command("uninstall", "Remove what 'dbatch consumer install' wrote.");
        command.SetAction(_ =>
        {
            var removed = Installer.Remove(InstallPlan.OfThisUser().AllFiles);
            foreach (var path in removed)
                Console.Out.WriteLine($"Removed {path}");
            Console.Out.WriteLine(removed.Count == 0
                ? "Nothing was installed."
                : $"If the service still runs, stop it: systemctl --user disable --now {InstallPlan.Service}; systemctl --user daemon-reload");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Builds the command that prints an invitation, on the head.</summary>
    /// <param name="settings">The consumer's options, each with its key.</param>
    public static Command Invite(IReadOnlyList<(Option<string> Option, string Key)> settings)
    {
        var command = new Command("invite", "Print the command that makes another machine a consumer of this lab. It contains secrets.");
        foreach (var (option, key) in settings.Where(setting => setting.Key is "broker" or "server" or "host-name" or "ca" or "trust"))
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var mistakes = new List<string>();
            var chosen = Chosen(parsed, [.. settings.Where(setting => command.Options.Contains(setting.Option))], withEnvironment: true);
            var server = ServerAddress.Find(chosen.GetValueOrDefault("server"), token: null, chosen.GetValueOrDefault("ca"), mistakes);
            if (chosen.GetValueOrDefault("broker") is not { } broker)
                mistakes.Add("No broker is given: use the address for the other machine, such as --broker amqps://user:password@head:5671");
            else if (server is { Token: null })
                mistakes.Add("The server needs a token: set DBATCH_TOKEN to a host token. 'dbatch token create --role host' creates one.");
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
                }.Encode();
                Console.Out.WriteLine($"dbatch consumer install --invitation {word}");
            }

            return mistakes.Count > 0 ? ErrorOutput.Usage(mistakes) : ExitCode.Done;
        });
        return command;
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
        var invitation = Invitation.Decode(word == "-" ? Console.In.ReadToEnd() : word);
        if (invitation is null)
            mistakes.Add("--invitation: the text is not an invitation, or a part of it is missing. Create one on the head with 'dbatch consumer invite' and paste all of it.");
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
            Console.Out.WriteLine($"# {file.Path}{(file.Secret ? " (only you can read it)" : "")}{Environment.NewLine}{WithoutSecrets(file.Text)}");
        Console.Out.WriteLine($"# next commands{Environment.NewLine}{NextSteps()}");
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
        Console.Out.WriteLine($"Next commands:{Environment.NewLine}{NextSteps()}");
        return ExitCode.Done;
    }

    private static string NextSteps() => string.Join(
        Environment.NewLine,
        "  systemctl --user daemon-reload",
        $"  systemctl --user enable --now {InstallPlan.Service}",
        "  loginctl enable-linger                        # keeps it running after you log out",
        $"  journalctl --user -u {InstallPlan.Service} -f       # its log",
        $"Without systemd: set -a; . {InstallPlan.OfThisUser().SettingsFile}; set +a; {Environment.ProcessPath} consumer");

    private static string WithoutSecrets(string text) => TokenLine().Replace(PasswordInAddress().Replace(text, "$1***@"), "DBATCH_TOKEN=\"***\"");

    [GeneratedRegex("(://[^:@/\"]*:)[^@\"]*@")]
    private static partial Regex PasswordInAddress();

    [GeneratedRegex("^DBATCH_TOKEN=.*$", RegexOptions.Multiline)]
    private static partial Regex TokenLine();
}
