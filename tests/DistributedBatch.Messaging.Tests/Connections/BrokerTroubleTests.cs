using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Tests.Support;
using DistributedBatch.TestKit.Network;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Messaging.Tests.Connections;

/// <summary>What happens to everybody when the broker itself is in trouble, so no other test may run beside these.</summary>
[Collection(nameof(WholeBroker))]
public sealed class BrokerTroubleTests(PrivateBroker broker)
{
    [Fact(Timeout = 240_000)]
    public async Task A_broker_that_is_killed_and_started_again_loses_no_confirmed_chunk_and_no_fact()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        var handler = new RecordingHandler<AttemptReports>();
        await using var host = await MessagingHost.StartAsync(vhost, cancellation);
        await using var buffer = host.OpenBuffer("box");
        await host.PublishAsync(Enumerable.Range(0, 30).Select(index => Sample.Chunk(index)), cancellation);
        await host.Bus.PublishAsync(Sample.Reports(1), cancellation);
        var held = await buffer.ReceiveAsync(cancellation);

        await broker.KillAsync(cancellation);
        await Eventually.HoldsAsync("the delivery is lost", () => held.Lost.IsCancellationRequested, cancellation);
        held.Finished();
        Assert.IsType<BrokerState.Away>(host.Health.Current);
        var waiting = host.Bus.PublishAsync(Sample.Reports(2), cancellation);
        await broker.StartAgainAsync(cancellation);
        await using var producer = await ProducerAsync(vhost, handler, cancellation);

        var seen = new HashSet<int>();
        while (seen.Count < 30)
        {
            var delivery = await buffer.ReceiveAsync(cancellation);
            await delivery.AcknowledgeAsync();
            seen.Add(delivery.Chunk.Index);
        }

        await waiting;
        await Eventually.HoldsAsync("we are connected", () => host.Health.Current is BrokerState.Connected, cancellation);
        HashSet<int> heard = [];
        while (heard.Count < 2)
            heard.Add((await handler.NextAsync(cancellation)).Reports[0].Index);
        Assert.Equal([1, 2], heard.Order());

        // A broker that restarts is no bug: whoever reads the log finds lines and no stack traces, from the bus either.
        Assert.Contains(host.Log.Lines, line => line.Contains("Connection Failed", StringComparison.Ordinal));
        Assert.Empty(host.Log.Traces);
        var trouble = Assert.IsType<BrokerTrouble>(host.Health.LastTrouble);
        Assert.True(trouble.Until > trouble.Since, trouble.ToString());
    }

    [Fact(Timeout = 240_000)]
    public async Task Questions_are_answered_again_after_the_broker_was_away()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var producer = await ProducerAsync(vhost, new RecordingHandler<AttemptReports>(), cancellation);
        await using var client = await MessagingHost.StartAsync(vhost, cancellation);
        Assert.Equal(Sample.Run, (await AskAsync(TimeSpan.FromSeconds(20))).Run);

        await broker.KillAsync(cancellation);
        await Assert.ThrowsAsync<RequestUnansweredException>(() => AskAsync(TimeSpan.FromSeconds(1)));
        await broker.StartAgainAsync(cancellation);

        Assert.Equal(Sample.Run, (await AskAsync(TimeSpan.FromSeconds(60))).Run);

        Task<RunCommandResult> AskAsync(TimeSpan patience) =>
            client.Bus.RequestAsync<ChangeRun, RunCommandResult>(new ChangeRun(Sample.Run, RunAction.Pause), patience, cancellation);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_broker_short_of_memory_is_shown_and_publishing_goes_on_when_it_has_some_again()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var messaging = await MessagingHost.StartAsync(vhost, cancellation);
        await using var buffer = messaging.OpenBuffer("box");
        await messaging.PublishAsync([Sample.Chunk(1), Sample.Chunk(2)], cancellation);
        try
        {
            await broker.RaiseMemoryAlarmAsync(cancellation);
            var late = messaging.Publisher.PublishAsync(Sample.Chunk(3), cancellation).AsTask();
            await Eventually.HoldsAsync("the alarm is shown", () => messaging.Health.Current is BrokerState.Blocked, cancellation);
            Assert.Contains("takes no messages: low on memory", messaging.Health.LastTrouble?.Reason, StringComparison.Ordinal);
            var refused = await Assert.ThrowsAsync<RequestUnansweredException>(() => messaging.Bus.RequestAsync<ChangeRun, RunCommandResult>(
                new ChangeRun(Sample.Run, RunAction.Pause), TimeSpan.FromSeconds(20), cancellation));
            Assert.Contains("Nothing was sent", refused.Message, StringComparison.Ordinal);

            // Hosts only consume on their other connection, so work that is there already goes on.
            for (var n = 0; n < 2; n++)
                await (await buffer.ReceiveAsync(cancellation)).AcknowledgeAsync();
            Assert.False(late.IsCompleted);

            await broker.ClearMemoryAlarmAsync(cancellation);
            await late;
            Assert.Equal(3, (await buffer.ReceiveAsync(cancellation)).Chunk.Index);
            await Eventually.HoldsAsync("the end of it is shown", () => messaging.Health.Current is BrokerState.Connected, cancellation);
        }
        finally
        {
            await broker.ClearMemoryAlarmAsync(CancellationToken.None);
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task A_process_that_publishes_nothing_hears_of_the_alarm_as_well()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await MessagingHost.StartAsync(await broker.NewVhostAsync(cancellation), cancellation);
        try
        {
            await broker.RaiseMemoryAlarmAsync(cancellation);

            await Eventually.HoldsAsync("the alarm is shown", () => messaging.Health.Current is BrokerState.Blocked, cancellation, TimeSpan.FromMinutes(1));
        }
        finally
        {
            await broker.ClearMemoryAlarmAsync(CancellationToken.None);
        }

        await Eventually.HoldsAsync("the end of it is shown", () => messaging.Health.Current is BrokerState.Connected, cancellation, TimeSpan.FromMinutes(1));
        Assert.NotNull(messaging.Health.LastTrouble?.Until);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_delivery_held_too_long_costs_its_own_host_and_no_neighbour()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await broker.SetConsumerTimeoutAsync(TimeSpan.FromSeconds(3), cancellation);
        try
        {
            await using var messaging = await MessagingHost.StartAsync(vhost, cancellation, Redispatcher.Add);
            await using var late = messaging.OpenBuffer("late");
            await messaging.Publisher.PublishAsync(Sample.Chunk(1), cancellation);
            var held = await late.ReceiveAsync(cancellation);
            await using var neighbour = messaging.OpenBuffer("neighbour");
            await Eventually.HoldsAsync("the broker takes it back", () => held.Lost.IsCancellationRequested, cancellation);

            var again = await neighbour.ReceiveAsync(cancellation);
            Assert.Equal((1, 1), (again.Chunk.Index, again.Chunk.LostHosts));
            await again.AcknowledgeAsync();
            await neighbour.DisposeAsync();
            await held.AcknowledgeAsync();
            await messaging.Publisher.PublishAsync(Sample.Chunk(2), cancellation);
            Assert.Equal(2, (await late.ReceiveAsync(cancellation)).Chunk.Index);
        }
        finally
        {
            await broker.SetConsumerTimeoutAsync(TimeSpan.FromHours(25), CancellationToken.None);
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task A_host_behind_a_dead_network_loses_its_chunk_after_the_heartbeat_and_comes_back_when_it_is_healed()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await using var relay = new TcpRelay(vhost);
        await using var far = await MessagingHost.StartAsync(relay.Server, cancellation, options: options => options.Heartbeat = TimeSpan.FromSeconds(2));
        await using var near = await MessagingHost.StartAsync(vhost, cancellation, Redispatcher.Add);
        await using var buffer = far.OpenBuffer("far");
        await near.Publisher.PublishAsync(Sample.Chunk(1), cancellation);
        var held = await buffer.ReceiveAsync(cancellation);

        relay.Stall();
        await using var other = near.OpenBuffer("near");
        var again = await other.ReceiveAsync(cancellation);
        await again.AcknowledgeAsync();
        await Eventually.HoldsAsync("the host has noticed", () => held.Lost.IsCancellationRequested, cancellation);
        held.Finished();
        await other.DisposeAsync();
        relay.CutOnce();
        relay.Heal();
        await near.Publisher.PublishAsync(Sample.Chunk(2), cancellation);

        Assert.Equal((1, 1), (again.Chunk.Index, again.Chunk.LostHosts));
        Assert.Equal(2, (await buffer.ReceiveAsync(cancellation)).Chunk.Index);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_process_whose_login_was_refused_for_a_while_hears_and_speaks_again()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vhost = await broker.NewVhostAsync(cancellation);
        await broker.AdmitAsync(vhost, "changing", "right", ".*", ".*", ".*", cancellation);
        var handler = new RecordingHandler<AttemptReports>();
        await using var producer = await ProducerAsync(new UriBuilder(vhost) { UserName = "changing", Password = "right" }.Uri, handler, cancellation);
        await using var host = await MessagingHost.StartAsync(vhost, cancellation);

        await broker.AdmitAsync(vhost, "changing", "other", ".*", ".*", ".*", cancellation);
        await broker.CloseConnectionsAsync(vhost, cancellation);
        await Eventually.HoldsAsync("the refusal is shown", () => producer.Health.Current is BrokerState.Refused, cancellation);

        // Long enough for every part of the process to be refused several times.
        await Task.Delay(TimeSpan.FromSeconds(15), cancellation);
        await broker.AdmitAsync(vhost, "changing", "right", ".*", ".*", ".*", cancellation);
        await host.Bus.PublishAsync(Sample.Reports(1), cancellation);

        Assert.Equal(1, (await handler.NextAsync(cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(90), cancellation)).Reports[0].Index);
        await producer.Bus.PublishAsync(Sample.Reports(2), cancellation).WaitAsync(TimeSpan.FromSeconds(30), cancellation);
        await Eventually.HoldsAsync("we are connected", () => producer.Health.Current is BrokerState.Connected, cancellation);
    }

    private static Task<MessagingHost> ProducerAsync(Uri vhost, RecordingHandler<AttemptReports> handler, CancellationToken cancellation) => MessagingHost.StartAsync(
        vhost,
        cancellation,
        services =>
        {
            services.AddSingleton(handler).AddSingleton<Yes>().AddSingleton<Redispatcher>();
            services.AddBusEndpoint(Topology.ProducerReportsQueue).Handle<AttemptReports, RecordingHandler<AttemptReports>>().Handle<ChunksReturned, Redispatcher>();
            services.AddBusEndpoint(Topology.ProducerCommandsQueue).Answer<ChangeRun, RunCommandResult, Yes>();
        });

    private sealed class Yes : IRequestHandler<ChangeRun, RunCommandResult>
    {
        public Task<RunCommandResult> AnswerAsync(ChangeRun request, CancellationToken cancellation) => Task.FromResult(RunCommandResult.Done(request.Run));
    }
}
