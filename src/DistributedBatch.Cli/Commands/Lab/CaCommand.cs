using System.CommandLine;
using DistributedBatch.Cli.Certificates;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary><c>dbatch ca</c>: a private certificate authority, and certificates for the server and the broker.</summary>
internal static class CaCommand
{
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);

    /// <summary>The longest period that the strictest clients accept (https://support.apple.com/en-us/103769).</summary>
    private static readonly TimeSpan ServerLife = TimeSpan.FromDays(825);

    /// <summary>Builds the command.</summary>
    public static Command Create() => new("ca", "Create a private certificate authority, and certificates for server and broker.") { Init(), Issue() };

    private static Command Init()
    {
        var directory = new Argument<string>("DIR") { Description = "directory for ca.pem and ca.key" };
        var name = new Option<string>("--name") { HelpName = "TEXT", Description = "name in the certificate; default: DistributedBatch lab" };
        var command = new Command("init", "Create the authority: DIR/ca.pem for every client, DIR/ca.key to keep secret.") { directory, name };
        command.SetAction(parsed => FileErrors.Report(() =>
        {
            var authority = new CertificateAuthority(parsed.GetValue(directory)!);
            if (!authority.TryCreate(parsed.GetValue(name) ?? "DistributedBatch lab", AuthorityLife))
                return ErrorOutput.Usage($"{parsed.GetValue(directory)} already has an authority, and no client would trust a new one. To replace it, remove ca.pem and ca.key first.");
            Console.Out.WriteLine($"Give {authority.CertificateFile} to every client (--ca or DBATCH_CA); keep {authority.KeyFile} secret.");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Issue()
    {
        var directory = new Argument<string>("DIR") { Description = "directory of the authority" };
        var name = new Argument<string>("NAME") { Description = "name of the files" };
        var hosts = new Option<string[]>("--host") { HelpName = "HOST", Required = true, Description = "host name or IP address of the server; repeat for more" };
        var life = new Option<string>("--life") { HelpName = "TIME", Description = "validity period; default 825d" };
        var command = new Command("issue", "Issue a server certificate, DIR/NAME.pem with DIR/NAME.key; issuing it again renews it.") { directory, name, hosts, life };
        command.SetAction(parsed => FileErrors.Report(() =>
        {
            var (target, file, names) = (parsed.GetValue(directory)!, parsed.GetValue(name)!, parsed.GetValue(hosts)!);
            var mistakes = names.Where(host => !HostNameText.IsHost(host)).Select(host => $"--host: '{host}' is neither a host name nor an IP address.").ToList();
            if (!HostNameText.IsName(file) || file == "ca")
                mistakes.Add($"'{file}' is not a valid file name; use letters, digits, dots and dashes, but not 'ca'.");
            var time = parsed.GetValue(life) is { } text ? DurationText.Read(text) : ServerLife;
            if (time is not { TotalDays: > 0 and <= 36_500 })
                mistakes.Add("--life must be a duration such as 90d, and at most 36500d.");
            var authority = new CertificateAuthority(target);
            if (!File.Exists(authority.KeyFile) || !File.Exists(authority.CertificateFile))
                mistakes.Add($"There is no authority in {target}; create one first: dbatch ca init {target}");
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            var (certificate, key) = authority.Issue(file, names, time!.Value);
            Console.Out.WriteLine($"{certificate} and {key} are for {string.Join(", ", names)}.");
            return ExitCode.Done;
        }));
        return command;
    }
}
