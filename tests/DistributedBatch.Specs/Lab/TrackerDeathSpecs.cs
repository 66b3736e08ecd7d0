using System.Globalization;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Messaging;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Specs.Run;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Specs.Lab;

/// <summary>The tracker dies again and again while it receives reports.</summary>
[Collection(nameof(LabBroker))]
public sealed class TrackerDeathSpecs(PrivateBroker broker)
{
    private const int Deaths = 20;
    private const int ReportsAMessage = 50;
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 480_000)]
    public async Task A_tracker_that_is_killed_twenty_times_loses_no_report_and_counts_none_twice()
    {
        using var box = new OneBox();
        var vhost = await broker.NewVhostAsync(Cancellation);
        using var host = await ReporterAsync(vhost);
        using var stop = new CancellationTokenSource();
        var publishing = PublishAsync(host.Services.GetRequiredService<MessageBus>(), stop.Token);

        var counted = 0L;
        for (var death = 0; death < Deaths; death++)
        {
            var tracker = Start(box, vhost);
            var before = counted;
            await Eventually.HoldsAsync(
                $"the tracker goes on counting after death {death}", async () => (counted = await CountedAsync(box)) > before, Cancellation, WaitTimeout);
            tracker.Signal(ProcessKiller.Sigkill);
            await tracker.End;
        }

        await stop.CancelAsync();
        var published = await publishing;
        var last = Start(box, vhost);
        await Eventually.HoldsAsync($"all {published} reports are counted", async () => await CountedAsync(box) >= published, Cancellation, WaitTimeout);

        // Redelivered messages go to the front of the queue, so this heartbeat arrives after them.
        await host.Services.GetRequiredService<MessageBus>().PublishAsync(Heartbeat("last"), Cancellation);
        await Eventually.HoldsAsync("the last heartbeat has arrived", async () => (await HostsAsync(box)).ContainsKey("last"), Cancellation, WaitTimeout);
        Assert.Equal(published, await CountedAsync(box));
        last.Signal(ProcessKiller.Sigkill);
        await last.End;
    }

    private static async Task<IHost> ReporterAsync(Uri vhost)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddRabbitMessaging(options => options.Url = vhost);
        var host = builder.Build();
        await host.StartAsync(Cancellation);
        await host.Services.GetRequiredService<MessageBus>().PublishAsync(Heartbeat("ada"), Cancellation);
        return host;
    }

    private static async Task<long> PublishAsync(MessageBus bus, CancellationToken stop)
    {
        var run = RunId.New();
        var published = 0L;
        for (var message = 0; !stop.IsCancellationRequested; message++)
        {
            var reports = new AttemptReports("ada", [.. Enumerable.Range(message * ReportsAMessage, ReportsAMessage).Select(index => Report(run, index))]);
            await bus.PublishAsync(reports, Cancellation);
            // Hosts repeat a message without a confirmation.
            if (message % 5 == 0)
                await bus.PublishAsync(reports, Cancellation);
            published += ReportsAMessage;
            await Task.Delay(5, Cancellation);
        }

        return published;
    }

    private static DbatchProcess Start(OneBox box, Uri vhost) => box.Start(
        "serve", "--roles", "tracker", "--broker", vhost.AbsoluteUri, "--data", box["tracker"],
        "--listen", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"));

    private static async Task<long> CountedAsync(OneBox box) => (await HostsAsync(box)).GetValueOrDefault("ada");

    private static async Task<Dictionary<string, long>> HostsAsync(OneBox box)
    {
        if (!TrackerDatabase.TryOpenExisting(box["tracker"], out var database, out _))
            return [];
        await using (database)
            return (await new RunQueries(database, TimeProvider.System).HostsAsync(Cancellation)).ToDictionary(host => host.Host.Name, host => host.Succeeded);
    }

    private static HostHeartbeat Heartbeat(string host) => new(
        new HostStatus { Name = host, Version = "0", Cores = 1, Slots = 1, Classes = ["cpu"] }, DateTimeOffset.UtcNow, []);

    private static AttemptReport Report(RunId run, int index) => new()
    {
        Run = run,
        Index = index,
        Start = index,
        Count = 1,
        Attempt = 1,
        Host = "ada",
        Slot = 0,
        StartedAt = DateTimeOffset.UtcNow,
        Outcome = AttemptOutcome.Succeeded,
        Duration = TimeSpan.FromMilliseconds(1),
        ExitCode = 0,
    };
}
