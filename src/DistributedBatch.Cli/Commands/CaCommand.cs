using System.CommandLine;
using System.Security.Cryptography;
using DistributedBatch.Cli.Certificates;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Options;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch ca</c>: a certificate authority of one's own, and certificates for the server and the broker.</summary>
internal static class CaCommand
{
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);

    /// <summary>Not longer than what the strictest clients accept (https://support.apple.com/en-us/103769).</summary>
    private static readonly TimeSpan ServerLife = TimeSpan.FromDays(825);

    /// <summary>The verb with its two.</summary>
    public static Command Create() => new("ca", "Make a certificate authority of your own, and certificates for server and broker.") { Init(), Issue() };

    private static Command Init()
    {
        var directory = new Argument<string>("DIR") { Description = "where ca.pem and ca.key are made" };
        var name = new Option<string>("--name") { HelpName = "TEXT", Description = "what people see in the certificate; default: DistributedBatch lab" };
        var verb = new Command("init", "Make the authority: DIR/ca.pem for everybody who shall trust it, DIR/ca.key for nobody.") { directory, name };
        verb.SetAction(parsed => Guarded(() =>
        {
            var authority = new CertificateAuthority(parsed.GetValue(directory)!);
            if (!authority.TryCreate(parsed.GetValue(name) ?? "DistributedBatch lab", AuthorityLife))
                return ErrorOutput.Usage($"There is an authority in {parsed.GetValue(directory)} already, and a new one would be trusted by nobody. Remove ca.pem and ca.key first if you mean it.");
            Console.Out.WriteLine($"Give {authority.CertificateFile} to every client (--ca or DBATCH_CA); keep {authority.KeyFile} to yourself.");
            return ExitCode.Done;
        }));
        return verb;
    }

    private static Command Issue()
    {
        var directory = new Argument<string>("DIR") { Description = "where the authority is" };
        var name = new Argument<string>("NAME") { Description = "name of the files" };
        var hosts = new Option<string[]>("--host") { HelpName = "HOST", Required = true, Description = "host name or IP address by which clients call it; repeat for more" };
        var life = new Option<string>("--life") { HelpName = "TIME", Description = "how long it is good for; default 825d" };
        var verb = new Command("issue", "Issue a server certificate, DIR/NAME.pem with DIR/NAME.key; issuing again renews it.") { directory, name, hosts, life };
        verb.SetAction(parsed => Guarded(() =>
        {
            var (place, called, names) = (parsed.GetValue(directory)!, parsed.GetValue(name)!, parsed.GetValue(hosts)!);
            var mistakes = names.Where(host => !HostNameText.IsHost(host)).Select(host => $"--host: '{host}' is neither a host name nor an IP address.").ToList();
            if (!HostNameText.IsName(called) || called == "ca")
                mistakes.Add($"'{called}' cannot be the name of the files; use letters, digits, dots and dashes, and not 'ca'.");
            var time = parsed.GetValue(life) is { } text ? DurationText.Read(text) : ServerLife;
            if (time is not { Ticks: > 0 })
                mistakes.Add("--life wants a time such as 90d.");
            var authority = new CertificateAuthority(place);
            if (!File.Exists(authority.KeyFile) || !File.Exists(authority.CertificateFile))
                mistakes.Add($"There is no authority in {place}; make one first: dbatch ca init {place}");
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            var (certificate, key) = authority.Issue(called, names, time!.Value);
            Console.Out.WriteLine($"{certificate} and {key} are made for {string.Join(", ", names)}.");
            return ExitCode.Done;
        }));
        return verb;
    }

    private static int Guarded(Func<int> act)
    {
        try
        {
            return act();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return ErrorOutput.Usage(failure.Message);
        }
    }
}
