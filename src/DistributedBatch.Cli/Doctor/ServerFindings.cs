using System.Globalization;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Doctor;

/// <summary>Turns the answers of a server into findings, each with a remedy.</summary>
internal static class ServerFindings
{
    private const long LowDiskBytes = 5L << 30;
    private const double SlowDatabaseMilliseconds = 1000;
    private const int ManyWaitingMessages = 500;
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ExpiryWarning = TimeSpan.FromDays(30);
    private static readonly TimeSpan RecentlyOnline = TimeSpan.FromDays(1);

    /// <summary>Whether the server has the version of this program.</summary>
    public static Finding OfVersion(string location, string ours, string theirs) => ours == theirs
        ? new Finding("server", "good", $"{location} answers, version {theirs}")
        : new Finding("server", "note", $"{location} answers with version {theirs}, this is {ours}", "use the same version on both: copy the server's dbatch here, or upgrade the server");

    /// <summary>Whether the clocks agree. Heartbeats and estimates compare times of several machines.</summary>
    public static Finding OfClock(DateTimeOffset ours, DateTimeOffset theirs)
    {
        var apart = (ours - theirs).Duration();
        return apart > ClockTolerance
            ? new Finding("clock", "note", $"{DurationText.Show(apart)} apart from the server's", "synchronize both clocks by NTP: timedatectl set-ntp true")
            : new Finding("clock", "good", "agrees with the server's");
    }

    /// <summary>Whether the server's certificate is valid for a while.</summary>
    public static Finding OfCertificate(DateTimeOffset now, DateTimeOffset expires)
    {
        var left = expires - now;
        var day = expires.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return left < TimeSpan.Zero ? new Finding("certificate", "bad", $"expired on {day}", "issue a new certificate on the head and restart the server")
            : left < ExpiryWarning ? new Finding("certificate", "note", $"expires on {day}", "issue a new certificate on the head before that day and restart the server")
            : new Finding("certificate", "good", $"valid until {day}");
    }

    /// <summary>The role of the token, and how long it is valid.</summary>
    public static Finding OfToken(TokenView token, DateTimeOffset now)
    {
        var found = $"accepted: '{token.Name}', role {token.Role.ToText()}{(token.Role == TokenRole.Host ? ", which may not read more from the server" : "")}";
        return token.ExpiresAt is { } end && end - now < ExpiryWarning
            ? new Finding("token", "note", $"{found}; it expires on {end.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}", $"create another token before: dbatch token create --role {token.Role.ToText()}")
            : new Finding("token", "good", found);
    }

    /// <summary>Database, disk, files, broker and producer.</summary>
    public static IEnumerable<Finding> OfServer(ServerView server)
    {
        yield return (server.DatabaseProblem, server.DatabaseMilliseconds) switch
        {
            ({ } problem, _) => new Finding("server's database", "bad", $"{server.Database}: {problem}", "start the database, or correct --database of 'dbatch serve'"),
            (null, > SlowDatabaseMilliseconds) => new Finding("server's database", "note", $"{server.Database}: {Milliseconds(server)} to count the runs", "give the database a faster disk, or forget old runs"),
            _ => new Finding("server's database", "good", $"{server.Database}, answers in {Milliseconds(server)}"),
        };
        if (server.Waiting > ManyWaitingMessages)
            yield return new Finding("server's database", "note", $"{HumanText.Count(server.Waiting, "message")} wait to be committed", "check the disk of the server; it writes more slowly than hosts report");
        yield return server.DiskFreeBytes < LowDiskBytes
            ? new Finding("server's disk", "note", $"{SizeText.Show(server.DiskFreeBytes)} free for logs and outputs", "free disk space on the server: fetch outputs and forget old runs")
            : new Finding("server's disk", "good", $"{SizeText.Show(server.DiskFreeBytes)} free for logs and outputs");
        if (server.FilesProblem is { } files)
            yield return new Finding("server's files", "bad", files, "free disk space, or give the server's user the right to write there; it tries again by itself");
        yield return server.BrokerProblem is { } broker
            ? new Finding("server's broker", "bad", broker, BrokerRemedy(broker))
            : new Finding("server's broker", "good", server.BrokerVersion is { } version ? $"connected, RabbitMQ {version}" : "connected");
        yield return server.ProducerProblem is { } failure
            ? new Finding("producer", "bad", failure, "start it: dbatch serve --roles producer …, with the same broker; its log has the reason")
            : new Finding("producer", "good", "answers");
        if (server.LastRefusal is { } refusal)
            yield return new Finding("messages", "bad", $"{HumanText.Count(server.RefusedMessages, "message")} refused since its start; the last one: {refusal}", "find out who sends them: the log of 'dbatch serve' names the queue, and the messages are in its error queue");
    }

    /// <summary>The hosts: how many are online, which take no chunks, and which have another version than the server.</summary>
    public static IEnumerable<Finding> OfHosts(IReadOnlyList<HostView> hosts, string serverVersion, DateTimeOffset now)
    {
        var alive = hosts.Where(host => host.Alive).ToList();
        yield return alive.Count == 0
            ? new Finding("hosts", "note", "no host is online, so nothing will run", "on every spare machine: dbatch consumer --broker … --server …")
            : new Finding("hosts", "good", $"{alive.Count} online, {HumanText.Count(alive.Sum(host => host.Host.Slots), "slot")}, {alive.Sum(host => host.Running.Count)} busy");
        foreach (var host in alive.Where(host => host.Host.OnHold is not null))
            yield return new Finding($"host {host.Host.Name}", "note", $"takes no chunks: {host.Host.OnHold}", "remove the cause on that machine; the host continues by itself");
        foreach (var (host, warning) in alive.SelectMany(host => host.Host.Warnings, (host, warning) => (host, warning)))
            yield return new Finding($"host {host.Host.Name}", "note", warning, "look at that machine; its log says since when");
        foreach (var host in alive.Where(host => host.Host.Version != serverVersion))
            yield return new Finding($"host {host.Host.Name}", "note", $"runs version {host.Host.Version}, the server {serverVersion}", "copy the server's dbatch there and restart the consumer");
        foreach (var host in hosts.Where(host => !host.Alive && now - host.LastSeen < RecentlyOnline))
        {
            yield return new Finding(
                $"host {host.Host.Name}", "note", $"offline for {DurationText.Round(now - host.LastSeen)}",
                "nothing if it was stopped; otherwise check there: systemctl --user status dbatch-consumer");
        }
    }

    private static string Milliseconds(ServerView server) => string.Create(CultureInfo.InvariantCulture, $"{server.DatabaseMilliseconds:0.#} ms");

    private static string BrokerRemedy(string problem) => problem switch
    {
        _ when problem.StartsWith("it accepts", StringComparison.Ordinal) => "free disk space or memory on the broker's machine: rabbitmqctl list_alarms",
        _ when problem.StartsWith("refused", StringComparison.Ordinal) => "correct user, password or permissions in the address given to 'dbatch serve'",
        _ => "start RabbitMQ, or open its port between the two machines",
    };
}
