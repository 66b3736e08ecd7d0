using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Doctor;
using DistributedBatch.Cli.Options;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Sources;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch doctor</c>: what a run will find on this machine, and what to do about what is missing.</summary>
internal static class DoctorCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "print JSON" };
        var broker = new Option<string>("--broker") { HelpName = "URL", Description = "look at this broker too [DBATCH_BROKER]" };
        var server = new Option<string>("--server") { HelpName = "URL", Description = "look at this server too [DBATCH_SERVER]" };
        var authority = ServerAddress.AuthorityOption();
        var verb = new Command("doctor", "Look at Python, cores, memory, GPU, disk, broker and server, with a remedy for what is missing.") { json, broker, server, authority };
        verb.SetAction(async (parsed, cancellation) =>
        {
            var mistakes = new List<string>();
            var address = ServerAddress.Find(parsed.GetValue(server), token: null, parsed.GetValue(authority), mistakes);
            if (mistakes.Count > 0)
                return ErrorOutput.Usage(mistakes);
            var findings = new List<Finding>(await Examination.OfMachineAsync(cancellation));
            if ((parsed.GetValue(broker) ?? ServiceSetting.Text("broker")) is not { } url)
                findings.Add(new Finding("broker", "note", "none named; dbatch run needs none", "for a lab name one: dbatch doctor --broker amqp://head"));
            else
                findings.AddRange(await BrokerAsync(url, cancellation));
            if (address is not null)
                findings.AddRange(await ServiceExamination.ServerAsync(address, cancellation));
            Print(findings, parsed.GetValue(json));
            return findings.Any(finding => finding.Health == "bad") ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return verb;
    }

    private static async Task<IReadOnlyList<Finding>> BrokerAsync(string url, CancellationToken cancellation)
    {
        var port = await ServiceExamination.BrokerAsync(url, cancellation);
        return port.Health == "bad" ? [port] : [port, .. await BrokerFindings.LookAsync(url, cancellation)];
    }

    private static void Print(IReadOnlyList<Finding> findings, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(findings, CliJson.Readable.IReadOnlyListFinding));
            return;
        }

        var table = new TextTable("", "", "FOUND", "REMEDY");
        foreach (var finding in findings)
            table.Add(AnsiColor.Health(finding.Health), finding.About, finding.Found, finding.Remedy ?? "");
        Console.Out.Write(table);
    }
}
