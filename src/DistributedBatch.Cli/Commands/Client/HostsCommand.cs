using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch hosts</c>: the hosts and what they run; <c>dbatch hosts forget</c> removes offline ones from the list.</summary>
internal static class HostsCommand
{
    /// <summary>How long the table shows a connection problem after its end.</summary>
    private static readonly TimeSpan TroubleShownFor = TimeSpan.FromMinutes(10);

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var command = List();
        command.Subcommands.Add(Forget());
        return command;
    }

    private static Command Forget()
    {
        var names = new Argument<string[]>("HOST") { Description = "names of offline hosts", Arity = ArgumentArity.OneOrMore };
        var command = ClientCommand.Create("forget", "Remove offline hosts from the list. Their attempts stay.", async (parsed, source, json, cancellation) =>
        {
            var forgotten = new List<string>();
            var mistakes = new List<string>();
            foreach (var name in parsed.GetValue(names)!.Distinct(StringComparer.Ordinal))
            {
                if (await source.ForgetHostAsync(name, cancellation) is { } mistake)
                    mistakes.Add(mistake);
                else
                    forgotten.Add(name);
            }

            if (json)
                Console.Out.WriteLine(JsonText.Of(new ForgottenHostsJson(forgotten), ForgottenHostsJsonContext.Default.ForgottenHostsJson));
            else
                forgotten.ForEach(name => Console.Out.WriteLine($"Host '{name}' is no longer in the list."));
            return mistakes.Count > 0 ? ErrorOutput.Usage(mistakes) : ExitCode.Done;
        });
        command.Arguments.Add(names);
        return command;
    }

    private static Command List() => ClientCommand.Create("hosts", "List the hosts.", async (_, source, json, cancellation) =>
    {
        var hosts = await source.HostsAsync(cancellation);
        if (await source.BrokerAsync(cancellation) is { LastTrouble: { Until: null } trouble })
            Console.Error.WriteLine($"At the head {HumanText.Trouble(trouble, TimeProvider.System.GetUtcNow())}. The list shows the status before that.");
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(hosts, ContractsJson.Indented.IReadOnlyListHostView));
        else if (hosts.Count == 0)
            Console.Error.WriteLine("No host has joined yet. Start one with: dbatch consumer --broker amqp://…");
        else
            Print(hosts);
        return ExitCode.Done;
    });

    private static void Print(IReadOnlyList<HostView> hosts)
    {
        Console.Out.Write(Table(hosts));
        foreach (var (host, note) in hosts.Where(view => view.Alive).SelectMany(view => view.Host.Warnings, (view, warning) => (view.Host.Name, warning)))
            Console.Out.WriteLine($"{host}: {note}.");
    }

    /// <summary>The hosts as a table.</summary>
    public static TextTable Table(IReadOnlyList<HostView> hosts)
    {
        var now = TimeProvider.System.GetUtcNow();
        var table = new TextTable("HOST", "STATE", ">RUNNING", ">SLOTS", ">CORES", ">CPU", ">MEMORY FREE", ">GPUS", ">SUCCEEDED", ">FAILED", "LAST SEEN", "REASON FOR SLOTS");
        foreach (var view in hosts)
        {
            var host = view.Host;
            table.Add(
                host.Name,
                State(view, now),
                $"{view.Running.Count}",
                $"{host.Slots}",
                $"{host.Cores}",
                $"{host.CpuBusy * 100:0} %",
                SizeText.Show(host.MemoryAvailableBytes),
                $"{host.Gpus.Count}",
                $"{view.Succeeded}",
                $"{view.Failed}",
                HumanText.Ago(view.LastSeen, now),
                host.SlotsReason ?? "set by --slots");
        }

        return table;
    }

    private static string State(HostView view, DateTimeOffset now) => view switch
    {
        { Alive: false } => "offline",
        { Host.OnHold: { } hold } => $"on hold: {hold}",
        { Host.BrokerTrouble: { } trouble } when now - (trouble.Until ?? now) < TroubleShownFor => $"online; {HumanText.Trouble(trouble, now)}",
        _ => "online",
    };
}
