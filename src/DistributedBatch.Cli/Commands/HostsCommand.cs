using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Options;
using DistributedBatch.Cli.Output;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch hosts</c>: the machines and what they are doing.</summary>
internal static class HostsCommand
{
    /// <summary>For how long a host that had no broker for a while is said to have had none.</summary>
    private static readonly TimeSpan WorthTelling = TimeSpan.FromMinutes(10);

    /// <summary>The verb.</summary>
    public static Command Create() => ReadingVerb.Create("hosts", "List the machines that run chunks.", async (_, source, json, cancellation) =>
    {
        var hosts = await source.HostsAsync(cancellation);
        if (await source.BrokerAsync(cancellation) is { LastTrouble: { Until: null } trouble })
            Console.Error.WriteLine($"At the head {HumanText.Trouble(trouble, TimeProvider.System.GetUtcNow())}. What follows was heard before.");
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(hosts, ContractsJson.Indented.IReadOnlyListHostView));
        else if (hosts.Count == 0)
            Console.Error.WriteLine("No host has been heard of. Start one with: dbatch consumer --broker amqp://…");
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
        var table = new TextTable("HOST", "STATE", ">RUNNING", ">SLOTS", ">CORES", ">CPU", ">MEMORY FREE", ">GPUS", ">SUCCEEDED", ">FAILED", "HEARD", "SLOTS BECAUSE");
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
                host.SlotsReason ?? "given by hand");
        }

        return table;
    }

    private static string State(HostView view, DateTimeOffset now) => view switch
    {
        { Alive: false } => "gone",
        { Host.OnHold: { } hold } => $"on hold: {hold}",
        { Host.BrokerTrouble: { } trouble } when now - (trouble.Until ?? now) < WorthTelling => $"up; {HumanText.Trouble(trouble, now)}",
        _ => "up",
    };
}
