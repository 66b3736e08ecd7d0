using System.Text;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Access;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Tests.Support;
using DistributedBatch.TestKit.Waiting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DistributedBatch.Messaging.Tests.Access;

/// <summary>Every user of the broker publishes every message to every place that it may reach. What is handled is only what its role may say.</summary>
public sealed class TrustTests(PrivateBroker broker, ITestOutputHelper output)
{
    private static readonly string Producer = BrokerUser.NameOf(BrokerRole.Producer);
    private static readonly string Tracker = BrokerUser.NameOf(BrokerRole.Tracker);
    private static readonly string Shared = BrokerUser.NameOf(BrokerRole.Consumer);
    private static readonly string Own = BrokerUser.NameOfHost(GuardedLab.OwnHost);
    private static readonly string Mallory = BrokerUser.NameOfHost("mallory");

    private static readonly string[] OfHosts = [nameof(AttemptReports), nameof(HostHeartbeat), nameof(LeaseTaken), nameof(ChunkDead), nameof(ChunksReturned)];

    [Fact(Timeout = 300_000)]
    public async Task Every_user_is_heard_only_in_its_role_whatever_it_publishes_wherever_it_may()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await GuardedLab.StartAsync(broker, cancellation);
        await lab.AdmitAsync(BrokerUser.ForHost("mallory"), cancellation);
        var handled = new SortedDictionary<(string User, string Message), SortedSet<string>>();

        // The host with a user of its own first: its name is known from then on.
        foreach (var user in new[] { Own, Mallory, Shared, Tracker, Producer })
        {
            foreach (var (exchange, key) in Places())
            {
                foreach (var (name, message) in Messages())
                {
                    var before = Handled(lab);
                    var total = lab.Total;
                    if (!await lab.TryPublishAsync(user, exchange, key, message, cancellation))
                        break; // The broker refuses the place, whatever the message is.
                    var receivers = ReceiversOf(exchange.Length > 0 ? exchange : key);
                    await Eventually.HoldsAsync($"{name} of {user} to '{exchange}{key}' has arrived", () => lab.Total == total + receivers, cancellation);
                    foreach (var (process, count) in Handled(lab))
                    {
                        if (count > before[process])
                            handled.TryAdd((user, name), []);
                        if (count > before[process])
                            handled[(user, name)].Add(process);
                    }
                }
            }
        }

        foreach (var ((user, name), processes) in handled)
            output.WriteLine($"{user,-20} {name,-28} {string.Join(" ", processes)}");
        AssertOnly(handled, Own, [.. OfHosts.Select(name => $"{name} of {GuardedLab.OwnHost}")]);
        AssertOnly(handled, Mallory, []);
        AssertOnly(handled, Shared, [.. OfHosts.Select(name => $"{name} of {GuardedLab.SharedHost}")]);

        // The tracker may give orders to the producer, and what else it publishes only it can hear.
        string[] orders = [nameof(SubmitRun), nameof(ChangeRun), nameof(ForgetRun)];
        Assert.All(orders, order => Assert.Equal(["producer"], handled[(Tracker, order)]));
        Assert.All(handled.Where(pair => pair.Key.User == Tracker && !orders.Contains(pair.Key.Message)), pair => Assert.Equal(["tracker"], pair.Value));
        Assert.All(Messages(), message => Assert.Contains((Producer, message.Name), handled.Keys));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("no type")]
    [InlineData("no sender")]
    [InlineData("an envelope")]
    public async Task A_report_without_type_or_sender_is_refused_and_the_next_one_handled(string kind)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await GuardedLab.StartAsync(broker, cancellation);
        var producer = lab.Processes["producer"];
        Action<BasicProperties> change = kind switch
        {
            "no type" => properties => properties.Headers!.Clear(),
            "no sender" => properties => properties.UserId = null,
            _ => properties => properties.ContentType = "application/vnd.masstransit+json",
        };

        Assert.True(await lab.TryPublishAsync(Own, "dbatch.attempt-reports", "", Sample.ReportsOf(GuardedLab.OwnHost, 1), cancellation, change));
        Assert.True(await lab.TryPublishAsync(Own, "dbatch.attempt-reports", "", Sample.ReportsOf(GuardedLab.OwnHost, 2), cancellation));

        await Eventually.HoldsAsync("the second one is handled by the tracker too", () => lab.Processes["tracker"].Get<CountingHandler>().Count == 1, cancellation);
        await Eventually.HoldsAsync("the second one is handled", () => producer.Get<CountingHandler>().Count == 1, cancellation);
        await Eventually.HoldsAsync("the first one is kept", () => ErrorsAsync(producer, cancellation), cancellation);
        Assert.Equal(1, producer.Get<MessageRefusals>().Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_address_for_faults_in_a_report_makes_no_queue_and_gets_no_message()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var lab = await GuardedLab.StartAsync(broker, cancellation);
        var newer = Sample.ReportsOf(GuardedLab.OwnHost, 1) with { Protocol = 99 };

        Assert.True(await lab.TryPublishAsync(Own, "dbatch.attempt-reports", "", newer, cancellation, properties =>
        {
            foreach (var header in new[] { "MT-Fault-Address", "MT-Response-Address", "mt-fault-address" })
                properties.Headers![header] = Encoding.UTF8.GetBytes("rabbitmq://localhost/dbatch.evil?bind=true&queue=dbatch.evil");
            properties.ReplyTo = "dbatch.evil";
        }));

        await Eventually.HoldsAsync(
            "it cannot be handled", () => ErrorsAsync(lab.Processes["producer"], cancellation), cancellation);
        await using var channel = await lab.ChannelAsync(Producer, cancellation);
        var missing = await Assert.ThrowsAsync<OperationInterruptedException>(() => channel.ExchangeDeclarePassiveAsync("dbatch.evil", cancellation));
        Assert.Equal(Constants.NotFound, missing.ShutdownReason!.ReplyCode);
    }

    [Fact]
    public void Where_everybody_is_one_user_programs_of_older_versions_go_on()
    {
        var open = new MessageSenders("guest");

        Assert.Null(open.RefusalOfHost(user: null, Sample.ReportsOf("old", 1)));
        Assert.Null(open.RefusalOfService(user: null, mustBeNamed: true));
        Assert.Null(open.RefusalOfHost(user: null, new ChunkDead(Sample.Run, 1, 1, "a test", DateTimeOffset.UnixEpoch)));
    }

    private static async Task<bool> ErrorsAsync(MessagingHost producer, CancellationToken cancellation) =>
        await producer.ReadyAsync("dbatch.producer.reports_error", cancellation) == 1;

    private static SortedDictionary<string, int> Handled(GuardedLab lab) =>
        new(lab.Processes.ToDictionary(process => process.Key, process => process.Value.Get<CountingHandler>().Count));

    private static void AssertOnly(SortedDictionary<(string User, string Message), SortedSet<string>> handled, string user, IReadOnlyList<string> messages) =>
        Assert.Equal(messages.Order(StringComparer.Ordinal), handled.Keys.Where(key => key.User == user).Select(key => key.Message).Order(StringComparer.Ordinal));

    private static IEnumerable<(string Exchange, string Key)> Places()
    {
        string[] queues =
        [
            "dbatch.producer.reports", "dbatch.producer.commands", "dbatch.tracker.reports", "dbatch.tracker.runs",
            $"dbatch.host.{GuardedLab.OwnHost}", $"dbatch.host.{GuardedLab.SharedHost}",
        ];
        return Topology.Messages.Select(message => ($"dbatch.{Topology.WordOf(message)}", ""))
            .Concat(queues.Select(queue => (queue, "")))
            .Concat(queues.Append("dbatch.chunks.cpu").Select(queue => ("", queue)))
            .Append(("dbatch.probe", ""));
    }

    private static int ReceiversOf(string place) => place switch
    {
        "dbatch.attempt-reports" or "dbatch.host-heartbeat" or "dbatch.lease-taken" or "dbatch.run-steered" or "dbatch.host-steered" => 2,
        "dbatch.probe" or "dbatch.chunks.cpu" => 0,
        _ => 1,
    };

    private static IEnumerable<(string Name, object Message)> Messages()
    {
        var now = DateTimeOffset.UnixEpoch;
        foreach (var host in new[] { GuardedLab.OwnHost, GuardedLab.SharedHost })
        {
            yield return ($"{nameof(AttemptReports)} of {host}", Sample.ReportsOf(host, 1));
            yield return ($"{nameof(HostHeartbeat)} of {host}", new HostHeartbeat(new HostStatus { Name = host, Version = "1", Cores = 1, Slots = 1 }, now, []));
            yield return ($"{nameof(LeaseTaken)} of {host}", new LeaseTaken(Sample.Run, 1, 1, host, now));
            yield return ($"{nameof(ChunkDead)} of {host}", new ChunkDead(Sample.Run, 1, 1, "a test", now) { Host = host });
            yield return ($"{nameof(ChunksReturned)} of {host}", new ChunksReturned(host, []));
        }

        var spec = new RunSpec { Name = "evil", Dataset = new Contracts.Datasets.RangeDataset(1), Job = new JobSpec { Command = ["evil"] } };
        yield return (nameof(SubmitRun), new SubmitRun(spec));
        yield return (nameof(ChangeRun), new ChangeRun(Sample.Run, RunAction.Cancel));
        yield return (nameof(ForgetRun), new ForgetRun(Sample.Run));
        yield return (nameof(RunSubmitted), new RunSubmitted(Sample.Run, now, RunSummarySpec.From(spec)));
        yield return (nameof(RunChanged), new RunChanged
        {
            Run = Sample.Run,
            Revision = 1,
            State = RunState.Running,
            Counts = new ChunkCounts(1, 0, 0, 0, 0, 0, 0),
            ItemsSucceeded = 0,
            At = now,
            SubmittedAt = now,
        });
        yield return (nameof(RunControlMessage), new RunControlMessage(Sample.Run, RunState.Cancelled, 1));
        yield return (nameof(HostControlMessage), new HostControlMessage(GuardedLab.OwnHost, "a test", TimeSpan.FromHours(1)));
    }
}
