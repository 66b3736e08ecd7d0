using System.Text.RegularExpressions;
using DistributedBatch.Messaging.Access;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;

namespace DistributedBatch.Messaging.Tests.Access;

/// <summary>What each user of the broker may do with each queue and exchange, from the permissions in code.</summary>
internal static class PermissionTable
{
    /// <summary>The users of the table. The last two are those of a host.</summary>
    public static readonly BrokerUser[] Users =
        [BrokerUser.For(BrokerRole.Producer), BrokerUser.For(BrokerRole.Tracker), BrokerUser.For(BrokerRole.Consumer), BrokerUser.ForHost("lab7")];

    /// <summary>Every queue and exchange of a lab with two hosts.</summary>
    public static IReadOnlyList<string> Names()
    {
        var topology = new Topology(new BrokerOptions(), []);
        string[] queues = [Topology.ProducerReportsQueue, Topology.ProducerCommandsQueue, Topology.TrackerReportsQueue, Topology.TrackerRunsQueue];
        return
        [
            .. Topology.Messages.Select(topology.ExchangeOf),
            .. queues, .. queues.Select(Topology.ErrorOf), .. queues.Select(queue => $"{queue}.dead"),
            .. Topology.Classes.Select(topology.ChunkQueue), .. topology.DeadQueues, topology.ParkingQueue, topology.ProbeExchange,
            Topology.HostQueue("lab7"), Topology.HostQueue("lab8"), "dbatch.reply.1", "amq.default", "amq.topic", "other",
        ];
    }

    /// <summary>The table as Markdown.</summary>
    public static string Markdown()
    {
        var lines = new List<string> { "| broker user | make and delete | publish, bind to | read, bind from |", "|---|---|---|---|" };
        foreach (var user in Users)
        {
            var permissions = user.Permissions;
            lines.Add($"| `{user.Name}` | {Cell(permissions.Configure)} | {Cell(permissions.Write)} | {Cell(permissions.Read)} |");
        }

        return string.Join('\n', lines);
    }

    private static string Cell(string pattern)
    {
        var names = Names();
        List<string> allowed = [.. names.Where(name => Regex.IsMatch(name, pattern))];
        var all = names.Where(name => name.StartsWith("dbatch.", StringComparison.Ordinal)).ToList();
        return all.TrueForAll(allowed.Contains)
            ? string.Join(", ", allowed.Except(all).Select(name => $"`{name}`").Prepend("all `dbatch.*`"))
            : string.Join(", ", allowed.Select(name => $"`{name.Replace("dbatch.", "", StringComparison.Ordinal)}`"));
    }
}
