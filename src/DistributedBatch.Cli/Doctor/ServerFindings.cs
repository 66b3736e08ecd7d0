using System.Globalization;
using DistributedBatch.Cli.Options;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Cli.Doctor;

/// <summary>Makes findings, each with a remedy, of what a server tells about itself and its hosts.</summary>
internal static class ServerFindings
{
    private const long LittleDisk = 5L << 30;
    private const double SlowDatabase = 1000;
    private const int ManyWaiting = 500;
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ExpiresSoon = TimeSpan.FromDays(30);
    private static readonly TimeSpan RecentlyHeard = TimeSpan.FromDays(1);

    /// <summary>Whether the server runs the program that we are.</summary>
    public static Finding OfVersion(string place, string ours, string theirs) => ours == theirs
        ? new Finding("server", "good", $"{place} answers, version {theirs}")
        : new Finding("server", "note", $"{place} answers with version {theirs}, this is {ours}", "use the same version on both: copy the server's dbatch here, or upgrade the server");

    /// <summary>Whether the clocks agree; heartbeats and estimates are compared across machines.</summary>
    public static Finding OfClock(DateTimeOffset ours, DateTimeOffset theirs)
    {
        var apart = (ours - theirs).Duration();
        return apart > ClockTolerance
            ? new Finding("clock", "note", $"{DurationText.Show(apart)} apart from the server's", "set the clocks by NTP, here and there: timedatectl set-ntp true")
            : new Finding("clock", "good", "agrees with the server's");
    }

    /// <summary>Whether the server's certificate will do for a while.</summary>
    public static Finding OfCertificate(DateTimeOffset now, DateTimeOffset expires)
    {
        var left = expires - now;
        var day = expires.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return left < TimeSpan.Zero ? new Finding("certificate", "bad", $"expired on {day}", "issue a new one on the head and restart the server there")
            : left < ExpiresSoon ? new Finding("certificate", "note", $"expires on {day}", "issue a new one on the head before that day and restart the server there")
            : new Finding("certificate", "good", $"good until {day}");
    }

    /// <summary>What the token lets its bearer do, and for how long.</summary>
    public static Finding OfToken(TokenView token, DateTimeOffset now)
    {
        var found = $"accepted: '{token.Name}', role {token.Role.ToText()}{(token.Role == TokenRole.Host ? ", which may not look further into the server" : "")}";
        return token.ExpiresAt is { } end && end - now < ExpiresSoon
            ? new Finding("token", "note", $"{found}; it ends on {end.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}", $"make another before: dbatch token create --role {token.Role.ToText()}")
            : new Finding("token", "good", found);
    }

    /// <summary>Database, disk, broker and producer.</summary>
    public static IEnumerable<Finding> OfServer(ServerView server)
    {
        yield return (server.DatabaseProblem, server.DatabaseMilliseconds) switch
        {
            ({ } problem, _) => new Finding("server's database", "bad", $"{server.Database}: {problem}", "start the database, or correct --database of 'dbatch serve'"),
            (null, > SlowDatabase) => new Finding("server's database", "note", $"{server.Database}: {Milliseconds(server)} to count the runs", "give it a faster disk, or drop old runs"),
            _ => new Finding("server's database", "good", $"{server.Database}, answers in {Milliseconds(server)}"),
        };
        if (server.Waiting > ManyWaiting)
            yield return new Finding("server's database", "note", $"{server.Waiting} messages wait to be committed", "look at the disk of the server; it writes more slowly than hosts report");
        yield return server.DiskFreeBytes < LittleDisk
            ? new Finding("server's disk", "note", $"{SizeText.Show(server.DiskFreeBytes)} free for logs and outputs", "make room on the server: fetch outputs and delete old runs there")
            : new Finding("server's disk", "good", $"{SizeText.Show(server.DiskFreeBytes)} free for logs and outputs");
        yield return server.BrokerProblem is { } broker
            ? new Finding("server's broker", "bad", broker, BrokerRemedy(broker))
            : new Finding("server's broker", "good", server.BrokerVersion is { } version ? $"connected, RabbitMQ {version}" : "connected");
        yield return server.ProducerProblem is { } silent
            ? new Finding("producer", "bad", silent, "start it: dbatch serve --roles producer …, with the same broker; its log says what keeps it")
            : new Finding("producer", "good", "answers");
    }

    /// <summary>The hosts: whether there are any, which ones hold back, and whether they run the server's version.</summary>
    public static IEnumerable<Finding> OfHosts(IReadOnlyList<HostView> hosts, string serverVersion, DateTimeOffset now)
    {
        var alive = hosts.Where(host => host.Alive).ToList();
        yield return alive.Count == 0
            ? new Finding("hosts", "note", "none is there, so nothing will run", "on every spare machine: dbatch consumer --broker … --server …")
            : new Finding("hosts", "good", $"{alive.Count} there, {alive.Sum(host => host.Host.Slots)} slots, {alive.Sum(host => host.Running.Count)} in use");
        foreach (var host in alive.Where(host => host.Host.OnHold is not null))
            yield return new Finding($"host {host.Host.Name}", "note", $"takes no chunks: {host.Host.OnHold}", "clear the reason on that machine; it goes on by itself");
        foreach (var host in alive.Where(host => host.Host.Version != serverVersion))
            yield return new Finding($"host {host.Host.Name}", "note", $"runs version {host.Host.Version}, the server {serverVersion}", "copy the server's dbatch there and start the consumer again");
        foreach (var host in hosts.Where(host => !host.Alive && now - host.LastSeen < RecentlyHeard))
        {
            yield return new Finding(
                $"host {host.Host.Name}", "note", $"silent for {DurationText.Show(now - host.LastSeen)}",
                "nothing if it was stopped; otherwise look there: systemctl --user status dbatch-consumer");
        }
    }

    private static string Milliseconds(ServerView server) => string.Create(CultureInfo.InvariantCulture, $"{server.DatabaseMilliseconds:0.#} ms");

    private static string BrokerRemedy(string problem) => problem switch
    {
        _ when problem.StartsWith("it takes", StringComparison.Ordinal) => "give the broker's machine disk or memory: rabbitmqctl list_alarms",
        _ when problem.StartsWith("refused", StringComparison.Ordinal) => "correct user, password or permissions in the address given to 'dbatch serve'",
        _ => "start RabbitMQ, or open its port between the two machines",
    };
}
