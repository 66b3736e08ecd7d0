using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Bus;

public sealed class InMemoryBusTests : MessageBusConformance
{
    [Fact(Timeout = 60_000)]
    public async Task Others_get_a_message_only_after_the_handler_that_is_first_is_done_with_it()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var (first, second) = (new Gate(), new RecordingHandler<AttemptReports>());
        await using var messaging = await MessagingHost.StartInProcessAsync(cancellation, services =>
        {
            services.AddSingleton(first).AddSingleton(second);
            services.AddBusEndpoint(Topology.ProducerReportsQueue).Handle<AttemptReports, RecordingHandler<AttemptReports>>();
            services.AddBusEndpoint(Topology.TrackerReportsQueue).HandleFirst<AttemptReports, Gate>();
        });

        await messaging.Bus.PublishAsync(Sample.Reports(1), cancellation);
        await first.Entered.Task.WaitAsync(cancellation);
        Assert.Empty(second.Heard);

        first.Opened.SetResult();
        Assert.Equal(1, (await second.NextAsync(cancellation)).Reports[0].Index);
    }

    protected override async Task<object> StartAsync(Action<IServiceCollection> services, CancellationToken cancellation) =>
        await MessagingHost.StartInProcessAsync(cancellation, services);

    private sealed class Gate : IMessageHandler<AttemptReports>
    {
        public TaskCompletionSource Entered { get; } = new();

        public TaskCompletionSource Opened { get; } = new();

        public Task HandleAsync(AttemptReports message, CancellationToken cancellation)
        {
            Entered.SetResult();
            return Opened.Task.WaitAsync(cancellation);
        }
    }
}
