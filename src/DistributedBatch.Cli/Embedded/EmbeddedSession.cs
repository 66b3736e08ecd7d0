using System.Diagnostics;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Progress;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Cli.Summary;
using DistributedBatch.Consumer;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Warm;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Producer.Intake;
using DistributedBatch.Tracker.Notifications;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Cli.Embedded;

/// <summary>
/// One go at a run, from its <c>before</c> command to its summary. In this order: <c>before</c>, once; start the services; submit or continue; watch until
/// it is settled or the user stops it; <c>after</c>, once; tell.
/// </summary>
/// <param name="stateDirectory">The state directory, which this process holds.</param>
/// <param name="records">Where the record is kept.</param>
/// <param name="record">The run.</param>
/// <param name="signals">The user's wish to stop.</param>
internal sealed class EmbeddedSession(string stateDirectory, RunRecords records, RunRecord record, StopSignals signals)
{
    private static readonly TimeSpan AfterTheSecondSignal = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ForTheProjection = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ForTheNotice = TimeSpan.FromSeconds(5);
    private RunRecord record = record;
    private bool stopped;

    /// <summary>Works on the run and gives the exit code.</summary>
    /// <param name="spec">The run; null when it is in the ledger already.</param>
    /// <param name="slots">Attempts at once; null lets the consumer find the number.</param>
    /// <param name="groups">Control groups for the attempts; null for none.</param>
    /// <param name="json">Whether the summary is JSON.</param>
    public async Task<int> RunAsync(RunSpec? spec, int? slots, AttemptCgroups? groups, bool json)
    {
        var empty = spec is { Dataset: var dataset } && dataset.First == dataset.Total;
        if (record.Before.Count > 0 && !record.BeforeDone && !empty)
        {
            var before = await CommandAround
                .RunAsync("before", record.Before, record, signals, "No chunk was started; the same command runs it again.");
            if (before != ExitCode.Done)
                return before;
            Save(record with { BeforeDone = true });
        }

        var clock = Stopwatch.StartNew();
        using var host = EmbeddedHost.Build(stateDirectory, slots, groups);
        host.Services.BeginLauncher();
        await host.StartAsync(CancellationToken.None);
        var intake = host.Services.GetRequiredService<RunIntake>();
        var source = new LocalRunSource(host.Services.GetRequiredService<TrackerDatabase>());
        var (entry, mistakes) = await new RunEntry(intake, record).EnterAsync(spec);
        if (mistakes.Count > 0)
        {
            await host.StopAsync(CancellationToken.None);
            return ErrorOutput.Usage(mistakes);
        }

        var session = await BeforeAsync(source, entry);
        if (entry != EntryKind.AlreadySucceeded)
            await WatchAsync(host, intake, source);
        var state = intake.Runs.First(run => run.Run == record.Run).State;
        Save(record with { Succeeded = state == RunState.Succeeded });

        var exitCode = ExitCodeOf(state);
        if (state == RunState.Succeeded && record.After.Count > 0 && !record.AfterDone && !empty)
        {
            exitCode = await CommandAround
                .RunAsync("after", record.After, record, signals, $"All chunks succeeded; 'dbatch run --resume {record.Run}' runs it again.");
            Save(record with { AfterDone = exitCode == ExitCode.Done });
        }

        await NotifyAsync(host, spec);
        await TellAsync(source, host, session with { Wall = clock.Elapsed, Resume = record.IsComplete ? null : Resume(state) }, json);
        if (!stopped)
            await host.StopAsync(signals.Kill);
        return exitCode;
    }

    /// <summary>What had been done before this go, so that the summary can speak of this go alone.</summary>
    private async Task<RunSession> BeforeAsync(LocalRunSource source, EntryKind entry)
    {
        var nothing = new RunSession { Wall = TimeSpan.Zero };
        if (entry == EntryKind.New || await source.ShowAsync(record.Run, CancellationToken.None) is not { } view)
            return nothing;
        Console.Error.WriteLine(entry == EntryKind.AlreadySucceeded
            ? $"Run {record.Name} ({record.Run}) has succeeded before; nothing is left to do."
            : $"Going on with run {record.Name} ({record.Run}): {view.Chunks.Succeeded} of {view.Chunks.Total} chunks have succeeded before.");
        var buckets = await source.TimelineAsync(record.Run, CancellationToken.None);
        return nothing with { ItemsBefore = view.ItemsSucceeded, AttemptSecondsBefore = buckets.Sum(bucket => bucket.BusySeconds) };
    }

    private async Task WatchAsync(IHost host, RunIntake intake, LocalRunSource source)
    {
        var projection = host.Services.GetRequiredService<ProjectionSignal>();
        var watch = new RunWatch(source, record.Run, ProgressScreens.ForStandardError());
        watch.ExpectFailures();
        projection.AttemptFailed += failed =>
        {
            if (failed.Run == record.Run)
                watch.Hear(AttemptFailure.Of(failed));
        };

        using var over = new CancellationTokenSource();
        var settled = intake.WaitUntilSettledAsync(record.Run, CancellationToken.None);
        var watching = watch.ShowAsync(over.Token);
        var requests = new ControlRequests(stateDirectory, intake).ServeAsync(over.Token);
        var drained = Task.Delay(Timeout.Infinite, signals.Drain);
        if (await Task.WhenAny(settled, drained) == settled)
        {
            await settled;
            await Task.WhenAny(projection.WaitUntilSettledAsync(record.Run, CancellationToken.None), Task.Delay(ForTheProjection));
        }
        else
        {
            watch.Note = "Stopping: running chunks finish, nothing new is started. Ctrl-C again kills them.";
            await StopAsync(host);
        }

        await over.CancelAsync();
        await Task.WhenAll(watching, requests);
    }

    /// <summary>Lets running chunks finish. After the second signal they get a moment to be reported; then this process ends, which kills what is left.</summary>
    private async Task StopAsync(IHost host)
    {
        stopped = true;
        var stopping = DrainAsync(host);
        var killed = Task.Delay(Timeout.Infinite, signals.Kill);
        if (await Task.WhenAny(stopping, killed) == killed)
            await Task.WhenAny(stopping, Task.Delay(AfterTheSecondSignal));
        if (stopping.IsCompleted)
        {
            await stopping;
            return;
        }

        Console.Error.WriteLine($"Killed. To go on: {Resume(RunState.Running)}");
        Environment.Exit(ExitCode.Interrupted);
    }

    /// <summary>
    /// The consumer first, then the others once they have heard all it said: the bus of one process dies with it, and a success nobody heard of would be
    /// run again.
    /// </summary>
    private async Task DrainAsync(IHost host)
    {
        var (consumer, intake) = (host.Services.GetRequiredService<ConsumerService>(), host.Services.GetRequiredService<RunIntake>());
        var source = new LocalRunSource(host.Services.GetRequiredService<TrackerDatabase>());
        await consumer.DrainAsync(signals.Kill);
        await UntilAsync(() => Task.FromResult(intake.CommittedReports >= consumer.Reported));
        var counts = intake.Runs.First(run => run.Run == record.Run).Counts;
        await UntilAsync(async () => (await source.ShowAsync(record.Run, CancellationToken.None))?.Chunks.Settled >= counts.Settled);
        await host.StopAsync(signals.Kill);
    }

    private static async Task UntilAsync(Func<Task<bool>> heard)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < ForTheProjection && !await heard())
            await Task.Delay(LookAgain);
    }

    /// <summary>The end is told while there is a process to tell it; what cannot be reached now is told by the next one that works here.</summary>
    private static async Task NotifyAsync(IHost host, RunSpec? spec)
    {
        if (spec is { Notify: null })
            return;
        using var limit = new CancellationTokenSource(ForTheNotice);
        try
        {
            if (!await host.Services.GetRequiredService<Notifier>().FlushAsync(limit.Token))
                Console.Error.WriteLine($"{spec?.Notify?.Host ?? "Whoever wants to be notified"} could not be notified; the next dbatch run here tries again.");
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"{spec?.Notify?.Host ?? "Whoever wants to be notified"} did not answer; the next dbatch run here tries again.");
        }
    }

    private async Task TellAsync(LocalRunSource source, IHost host, RunSession session, bool json)
    {
        if (await source.ShowAsync(record.Run, CancellationToken.None) is not { } view)
            return;
        var consumer = host.Services.GetRequiredService<ConsumerService>();
        var summary = await RunSummary
            .ReadAsync(
                source,
                view,
                session with { Slots = consumer.Slots, SlotsReason = consumer.SlotsReason, Warnings = consumer.Warnings, Warm = WarmHere(host) },
                CancellationToken.None);
        SummaryPrint.Print(summary with { Hint = await MissingModuleHint.HintAsync(view.Command, summary.Failed) }, json);
    }

    private IReadOnlyList<WarmStatus> WarmHere(IHost host) => host.Services.GetRequiredService<WarmStart>().Summary(record.Run) is { } warm ? [warm] : [];

    private int ExitCodeOf(RunState state) =>
        state == RunState.Succeeded ? ExitCode.Done : signals.Drain.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.SomeFailed;

    private string? Resume(RunState state) => state == RunState.Cancelled && !signals.Drain.IsCancellationRequested
        ? $"dbatch retry {record.Run}"
        : state == RunState.Failed ? $"dbatch retry {record.Run}" : $"dbatch run --resume {record.Run}";

    private void Save(RunRecord changed) => records.Save(record = changed);
}
