using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Bus;

/// <summary>What the bus does, in memory and over RabbitMQ.</summary>
public abstract class MessageBusConformance
{
    [Fact(Timeout = 60_000)]
    public async Task A_fact_reaches_every_endpoint_that_listens_to_it()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var producer = new RecordingHandler<AttemptReports>();
        var tracker = new RecordingHandler<HostHeartbeat>();
        await using var messaging = await StartHostAsync(services =>
        {
            services.AddSingleton(producer).AddSingleton(tracker).AddSingleton<Second>();
            services.AddBusEndpoint(Topology.ProducerReportsQueue).Handle<AttemptReports, RecordingHandler<AttemptReports>>();
            services.AddBusEndpoint(Topology.TrackerReportsQueue).Handle<AttemptReports, Second>().Handle<HostHeartbeat, RecordingHandler<HostHeartbeat>>();
        });

        var sent = Sample.Reports(1, 2);
        await messaging.Bus.PublishAsync(sent, cancellation);

        Assert.Equivalent(sent, await producer.NextAsync(cancellation), strict: true);
        Assert.Equivalent(sent, await messaging.Get<Second>().RecordingHandler.NextAsync(cancellation), strict: true);
        Assert.Empty(tracker.Heard);
    }

    [Fact(Timeout = 60_000)]
    public async Task Messages_of_an_endpoint_are_heard_in_the_order_they_were_published()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var handler = new RecordingHandler<AttemptReports>();
        await using var messaging = await StartHostAsync(services =>
        {
            services.AddSingleton(handler);
            services.AddBusEndpoint(Topology.ProducerReportsQueue).Handle<AttemptReports, RecordingHandler<AttemptReports>>();
        });

        for (var index = 0; index < 100; index++)
            await messaging.Bus.PublishAsync(Sample.Reports(index), cancellation);

        for (var index = 0; index < 100; index++)
            Assert.Equal(index, (await handler.NextAsync(cancellation)).Reports[0].Index);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_from_a_newer_program_is_refused_with_a_sentence_and_those_behind_it_are_heard()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var handler = new RecordingHandler<AttemptReports>();
        await using var messaging = await StartHostAsync(services =>
        {
            services.AddSingleton(handler);
            services.AddBusEndpoint(Topology.ProducerReportsQueue).Handle<AttemptReports, RecordingHandler<AttemptReports>>();
        });

        await messaging.Bus.PublishAsync(Sample.Reports(1) with { Protocol = 99 }, cancellation);
        await messaging.Bus.PublishAsync(Sample.Reports(2), cancellation);

        Assert.Equal(2, (await handler.NextAsync(cancellation)).Reports[0].Index);
        Assert.Contains(messaging.Log.Lines, line => line.Contains("A message (AttemptReports) speaks protocol 99", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_handler_that_stumbles_gets_the_message_again()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var handler = new RecordingHandler<AttemptReports>(stumbles: 2);
        await using var messaging = await StartHostAsync(services =>
        {
            services.AddSingleton(handler);
            services.AddBusEndpoint(Topology.ProducerReportsQueue).Handle<AttemptReports, RecordingHandler<AttemptReports>>();
        });

        await messaging.Bus.PublishAsync(Sample.Reports(1), cancellation);
        await messaging.Bus.PublishAsync(Sample.Reports(2), cancellation);

        Assert.Equal(1, (await handler.NextAsync(cancellation)).Reports[0].Index);
        Assert.Equal(2, (await handler.NextAsync(cancellation)).Reports[0].Index);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_request_is_answered()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await StartHostAsync(services =>
        {
            services.AddSingleton<Answerer>();
            services.AddBusEndpoint(Topology.ProducerCommandsQueue).Answer<ChangeRun, RunCommandResult, Answerer>();
        });

        var answer = await messaging.Bus.RequestAsync<ChangeRun, RunCommandResult>(new ChangeRun(Sample.Run, RunAction.Pause), TimeSpan.FromSeconds(20), cancellation);

        Assert.Equal(Sample.Run, answer.Run);
        Assert.Equal(["pause"], answer.Mistakes);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_request_nobody_answers_ends_with_a_sentence()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await StartHostAsync(_ => { });

        var failure = await Assert.ThrowsAsync<RequestUnansweredException>(() => messaging.Bus.RequestAsync<ChangeRun, RunCommandResult>(
            new ChangeRun(Sample.Run, RunAction.Pause), TimeSpan.FromSeconds(1), cancellation));

        Assert.Contains("Is a producer running", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_broadcast_reaches_every_host()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var one = new RecordingHandler<RunControlMessage>();
        await using var messaging = await StartHostAsync(services =>
        {
            services.AddSingleton(one).AddSingleton<Other>();
            services.AddBusEndpoint(Topology.HostQueue("one"), durable: false).Handle<RunControlMessage, RecordingHandler<RunControlMessage>>();
            services.AddBusEndpoint(Topology.HostQueue("two"), durable: false).Handle<RunControlMessage, Other>();
        });

        var sent = new RunControlMessage(Sample.Run, RunState.Paused, 7);
        await messaging.Bus.PublishAsync(sent, cancellation);

        Assert.Equal(sent, await one.NextAsync(cancellation));
        Assert.Equal(sent, await messaging.Get<Other>().RecordingHandler.NextAsync(cancellation));
    }

    /// <summary>Starts the bus under test in a <see cref="MessagingHost"/>.</summary>
    protected abstract Task<object> StartAsync(Action<IServiceCollection> services, CancellationToken cancellation);

    private async Task<MessagingHost> StartHostAsync(Action<IServiceCollection> services) => (MessagingHost)await StartAsync(services, TestContext.Current.CancellationToken);

    private sealed class Second : IMessageHandler<AttemptReports>
    {
        public RecordingHandler<AttemptReports> RecordingHandler { get; } = new();

        public Task HandleAsync(AttemptReports message, CancellationToken cancellation) => RecordingHandler.HandleAsync(message, cancellation);
    }

    private sealed class Other : IMessageHandler<RunControlMessage>
    {
        public RecordingHandler<RunControlMessage> RecordingHandler { get; } = new();

        public Task HandleAsync(RunControlMessage message, CancellationToken cancellation) => RecordingHandler.HandleAsync(message, cancellation);
    }

    private sealed class Answerer : IRequestHandler<ChangeRun, RunCommandResult>
    {
        public Task<RunCommandResult> AnswerAsync(ChangeRun request, CancellationToken cancellation) =>
            Task.FromResult(new RunCommandResult(request.Run, [request.Action.ToString().ToLowerInvariant()]));
    }
}
