using System.CommandLine;
using DistributedBatch.Cli.Doctor;
using DistributedBatch.Cli.Install;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Servers;
using DistributedBatch.Cli.Settings;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch doctor</c>: checks this machine, the broker and the server, with a remedy for each problem.</summary>
internal static class DoctorCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "print JSON" };
        var broker = new Option<string>("--broker") { HelpName = "URL", Description = "check this broker too [DBATCH_BROKER]" };
        var server = new Option<string>("--server") { HelpName = "URL", Description = "check this server too [DBATCH_SERVER]" };
        var authority = ServerAddress.AuthorityOption();
        authority.Description = "PEM file with the authorities to trust for https:// and amqps:// [DBATCH_CA]; default: the system's";
        var command = new Command("doctor", "Check Python, cores, memory, GPUs, disk, broker and server, with a remedy for each problem.") { json, broker, server, authority };
        command.SetAction(async (parsed, cancellation) =>
        {
            var mistakes = new List<string>();
            var address = ServerAddress.Find(parsed.GetValue(server), token: null, parsed.GetValue(authority), mistakes);
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            var findings = new List<Finding>(await MachineCheck.RunAsync(cancellation));
            if ((parsed.GetValue(broker) ?? ServiceSetting.Text("broker")) is not { } url)
                findings.Add(WithoutBroker());
            else
                findings.AddRange(await BrokerCheck.RunAsync(url, ServiceSetting.Text("broker-ca") ?? parsed.GetValue(authority) ?? ServiceSetting.Text("ca"), cancellation));
            if (address is not null)
                findings.AddRange(await ServerCheck.RunAsync(address, cancellation));
            Print(findings, parsed.GetValue(json));
            return findings.Any(finding => finding.Health == "bad") ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }

    private static Finding WithoutBroker() => new(
        "broker", "note", "no broker is given; dbatch run needs none",
        InstallPlan.OfThisUser().SettingsFile is var settings && File.Exists(settings)
            ? $"for this machine's consumer: set -a; . {settings}; set +a; dbatch doctor"
            : "for a lab: dbatch doctor --broker amqp://head");

    private static void Print(IReadOnlyList<Finding> findings, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonText.Of(findings, FindingContext.Default.IReadOnlyListFinding));
            return;
        }

        var table = new TextTable("", "", "FOUND", "REMEDY");
        foreach (var finding in findings)
            table.Add(AnsiColor.Health(finding.Health), finding.About, finding.Found, finding.Remedy ?? "");
        Console.Out.Write(table);
    }
}
