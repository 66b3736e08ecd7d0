using System.Threading.Channels;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Reporting;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistributedBatch.Consumer.Tests.Reporting;

/// <summary>Which reports are sent in one message. The delay is a day, so that no report is sent because of it.</summary>
public sealed class ReporterTests : IAsyncDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly Received received = new();
    private readonly IHost host;
    private readonly Reporter reporter;

    public ReporterTests()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddInProcessMessaging();
        builder.Services.AddSingleton(received);
        builder.Services.AddBusEndpoint("dbatch.test").Handle<AttemptReports, Received>();
        host = builder.Build();
        reporter = new(
            host.Services.GetRequiredService<MessageBus>(),
            new HostSettings("box", "/nowhere"),
            new ReportingOptions(Day, Delay: Day, UrgentDelay: TimeSpan.Zero, BatchSize: 5),
            TimeProvider.System,
            NullLogger<Reporter>.Instance);
    }

    [Fact(Timeout = 60_000)]
    public async Task Reports_of_short_chunks_wait_for_each_other_until_a_slot_runs_low()
    {
        var test = TestContext.Current.CancellationToken;
        await StartAsync(test);
        reporter.Add(Report(0), settles: null);
        reporter.Add(Report(1), settles: null);
        reporter.SlotRunsLow();
        await SentTogetherAsync(test, 0, 1);

        reporter.Add(Report(2), settles: null);
        reporter.Add(Report(3), settles: null);
        reporter.Add(Report(4), settles: null);
        reporter.SlotRunsLow();
        await SentTogetherAsync(test, 2, 3, 4);
    }

    [Fact(Timeout = 60_000)]
    public async Task While_a_slot_waits_for_a_chunk_every_report_is_sent_at_once()
    {
        var test = TestContext.Current.CancellationToken;
        await StartAsync(test);
        reporter.Add(Report(0), settles: null);
        reporter.SlotWaits();
        await SentTogetherAsync(test, 0);

        reporter.Add(Report(1), settles: null);
        await SentTogetherAsync(test, 1);

        reporter.SlotServed();
        reporter.Add(Report(2), settles: null);
        reporter.Add(Report(3), settles: null);
        reporter.SlotRunsLow();
        await SentTogetherAsync(test, 2, 3);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_report_about_much_work_is_sent_at_once_with_those_that_wait()
    {
        var test = TestContext.Current.CancellationToken;
        await StartAsync(test);
        reporter.Add(Report(0), settles: null);
        reporter.Add(Report(1, Day), settles: null);
        await SentTogetherAsync(test, 0, 1);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_full_batch_is_sent_at_once()
    {
        var test = TestContext.Current.CancellationToken;
        await StartAsync(test);
        for (var index = 0; index < 5; index++)
            reporter.Add(Report(index), settles: null);
        await SentTogetherAsync(test, 0, 1, 2, 3, 4);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stopping_reporter_sends_what_waits()
    {
        var test = TestContext.Current.CancellationToken;
        await StartAsync(test);
        reporter.Add(Report(0), settles: null);
        await reporter.StopAsync();
        await SentTogetherAsync(test, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await reporter.StopAsync();
        reporter.Dispose();
        await host.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    private static AttemptReport Report(int index, TimeSpan duration = default) => new()
    {
        Run = RunId.New(),
        Index = index,
        Start = index,
        Count = 1,
        Attempt = 1,
        Host = "box",
        Slot = 0,
        StartedAt = DateTimeOffset.UnixEpoch,
        Outcome = AttemptOutcome.Succeeded,
        Duration = duration,
    };

    private async Task StartAsync(CancellationToken test)
    {
        await host.StartAsync(test);
        reporter.Start();
    }

    private async Task SentTogetherAsync(CancellationToken test, params int[] indexes) =>
        Assert.Equal(indexes, (await received.Messages.Reader.ReadAsync(test)).Reports.Select(report => report.Index));

    private sealed class Received : IMessageHandler<AttemptReports>
    {
        public Channel<AttemptReports> Messages { get; } = Channel.CreateUnbounded<AttemptReports>();

        public Task HandleAsync(AttemptReports message, CancellationToken cancellation) => Messages.Writer.WriteAsync(message, cancellation).AsTask();
    }
}
