using System.Diagnostics;
using DistributedBatch.Cli.Hooks;
using DistributedBatch.Cli.Hosting;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Progress;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Cli.State;
using DistributedBatch.Cli.Summary;
using DistributedBatch.Cli.Text;
using DistributedBatch.Consumer;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Warm;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Producer.Intake;
using DistributedBatch.Tracker.Notifications;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Cli.Embedded;

/// <summary>
/// One execution of <c>dbatch run</c>, in this order: run <c>before</c> once, start the services, submit or continue the run, watch it until it is settled or
/// the user stops it, run <c>after</c> once, print the summary.
/// </summary>
/// <param name="stateDirectory">The state directory, which this process holds.</param>
/// <param name="records">The records of the state directory.</param>
/// <param name="record">The run.</param>
/// <param name="signals">Signals from the user.</param>
internal sealed class EmbeddedSession(string stateDirectory, RunRecords records, RunRecord record, StopSignals signals)
{
    private static readonly TimeSpan KillTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ProjectionTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan NotificationTimeout = TimeSpan.FromSeconds(5);
    private RunRecord record = record;
    private bool stopped;

    /// <summary>Executes the run and gives the exit code.</summary>
    /// <param name="spec">The run; null when the ledger has it already.</param>
    /// <param name="check">Ends with a mistake in the run, at which nothing is started; null for none.</param>
    /// <param name="slots">Attempts at once; null lets the consumer choose the number.</param>
    /// <param name="groups">Control groups for the attempts; null for none.</param>
    /// <param name="json">Whether the summary is JSON.</param>
    public async Task<int> RunAsync(RunSpec? spec, Task<string?> check, int? slots, AttemptCgroups? groups, bool json)
    {
        var empty = spec is { Dataset: var dataset } && dataset.First == dataset.Total;
        if (record.Before.Count > 0 && !record.BeforeDone && !empty)
        {
            var before = await Hook.RunAsync("before", record.Before, signals, "No chunk was started; the same command runs it again.");
            if (before != ExitCode.Done)
                return before;
            Save(record with { BeforeDone = true });
        }

        var clock = Stopwatch.StartNew();
        using var host = EmbeddedHost.Build(stateDirectory, slots, groups);
        host.Services.BeginLauncher();
        await host.StartAsync(CancellationToken.None);
        var intake = host.Services.GetRequiredService<RunIntake>();
        if (await check is { } mistake)
        {
            if (intake.Runs.All(run => run.Run != record.Run))
                records.Forget(record.Run);
            await host.StopAsync(CancellationToken.None);
            return ErrorOutput.Usage(mistake);
        }

        var source = new LocalRunSource(host.Services.GetRequiredService<TrackerDatabase>());
        var (start, mistakes) = await new RunStarter(intake, record).StartAsync(spec);
        if (mistakes.Count > 0)
        {
            await host.StopAsync(CancellationToken.None);
            return ErrorOutput.Usage(mistakes);
        }

        var earlier = await ReadEarlierAsync(source, start);
        if (start != StartKind.AlreadySucceeded)
            await WatchAsync(host, intake, source);
        var state = intake.Runs.First(run => run.Run == record.Run).State;
        Save(record with { Succeeded = state == RunState.Succeeded });

        var exitCode = ExitCodeOf(state);
        if (state == RunState.Succeeded && record.After.Count > 0 && !record.AfterDone && !empty)
        {
            exitCode = await Hook.RunAsync("after", record.After, signals, CommandHint.Complete($"All chunks succeeded; 'dbatch run --resume {record.Run}' runs it again.", StateDirectory.CommandOption(stateDirectory)));
            Save(record with { AfterDone = exitCode == ExitCode.Done });
        }

        await NotifyAsync(host, spec);
        try
        {
            var statistics = earlier with { Wall = clock.Elapsed, Resume = record.IsComplete ? null : ResumeCommand(state) };
            await PrintSummaryAsync(source, host, statistics, spec?.Job, json);
        }
        finally
        {
            if (!stopped)
                await host.StopAsync(signals.Kill);
        }

        return exitCode;
    }

    /// <summary>What earlier executions achieved. The summary counts only this one.</summary>
    private async Task<SessionStatistics> ReadEarlierAsync(LocalRunSource source, StartKind start)
    {
        var nothing = new SessionStatistics { Wall = TimeSpan.Zero };
        if (start == StartKind.New || await source.ShowAsync(record.Run, CancellationToken.None) is not { } view)
            return nothing;
        Console.Error.WriteLine(start == StartKind.AlreadySucceeded
            ? $"Run {record.Name} ({record.Run}) has already succeeded; nothing is left to do."
            : $"Resuming run {record.Name} ({record.Run}): {view.Chunks.Succeeded:N0} of {HumanText.Count(view.Chunks.Total, "chunk")} already succeeded.");
        var buckets = await source.TimelineAsync(record.Run, CancellationToken.None);
        return nothing with { ItemsBefore = view.ItemsSucceeded, AttemptSecondsBefore = buckets.Sum(bucket => bucket.BusySeconds) };
    }

    private async Task WatchAsync(IHost host, RunIntake intake, LocalRunSource source)
    {
        var projection = host.Services.GetRequiredService<ProjectionSignal>();
        var watch = new RunWatcher(source, record.Run, ProgressScreens.ForStandardError())
        {
            FailuresArePushed = true,
            Problem = () => host.Services.GetRequiredService<FileLog>().Problem,
        };
        projection.AttemptFailed += failed =>
        {
            if (failed.Run == record.Run)
                watch.AddFailure(AttemptFailure.Of(failed));
        };

        using var stop = new CancellationTokenSource();
        var settled = intake.WaitUntilSettledAsync(record.Run, CancellationToken.None);
        var watching = watch.ShowAsync(stop.Token);
        var requests = new ControlFileListener(stateDirectory, intake).ListenAsync(stop.Token);
        var drained = Task.Delay(Timeout.Infinite, signals.Drain);
        if (await Task.WhenAny(settled, drained) == settled)
        {
            await settled;
            await Task.WhenAny(projection.WaitUntilSettledAsync(record.Run, CancellationToken.None), Task.Delay(ProjectionTimeout));
        }
        else
        {
            watch.Note = "Stopping: running chunks finish, no new chunk starts. Press Ctrl-C again to kill them.";
            await StopAsync(host);
        }

        await stop.CancelAsync();
        await Task.WhenAll(watching, requests);
    }

    /// <summary>Lets running chunks finish. The second signal kills them: their reports get half a second, then this process ends.</summary>
    private async Task StopAsync(IHost host)
    {
        stopped = true;
        var stopping = DrainAsync(host);
        var killed = Task.Delay(Timeout.Infinite, signals.Kill);
        if (await Task.WhenAny(stopping, killed) == killed)
            await Task.WhenAny(stopping, Task.Delay(KillTimeout));
        if (stopping.IsCompleted)
        {
            await stopping;
            return;
        }

        Console.Error.WriteLine($"Killed. To resume: {CommandHint.Complete(ResumeCommand(RunState.Running), StateDirectory.CommandOption(stateDirectory))}");
        Environment.Exit(ExitCode.Interrupted);
    }

    /// <summary>
    /// Drains the consumer first, and stops the others once they have received all its reports. The bus dies with this process, and a chunk whose success
    /// was not recorded would run again.
    /// </summary>
    private async Task DrainAsync(IHost host)
    {
        var (consumer, intake) = (host.Services.GetRequiredService<ConsumerService>(), host.Services.GetRequiredService<RunIntake>());
        var source = new LocalRunSource(host.Services.GetRequiredService<TrackerDatabase>());
        await consumer.DrainAsync(signals.Kill);
        await WaitUntilAsync(() => Task.FromResult(intake.CommittedReports >= consumer.Reported));
        var counts = intake.Runs.First(run => run.Run == record.Run).Counts;
        await WaitUntilAsync(async () => (await source.ShowAsync(record.Run, CancellationToken.None))?.Chunks.Settled >= counts.Settled);
        await host.StopAsync(signals.Kill);
    }

    private static async Task WaitUntilAsync(Func<Task<bool>> condition)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < ProjectionTimeout && !await condition())
            await Task.Delay(PollInterval);
    }

    /// <summary>Sends the notification of the end before this process ends. The next <c>dbatch run</c> in the same state directory retries what failed.</summary>
    private static async Task NotifyAsync(IHost host, RunSpec? spec)
    {
        if (spec is { Notify: null })
            return;
        using var limit = new CancellationTokenSource(NotificationTimeout);
        try
        {
            if (!await host.Services.GetRequiredService<Notifier>().FlushAsync(limit.Token))
                Console.Error.WriteLine($"{spec?.Notify?.Host ?? "The address of --notify"} could not be notified; the next dbatch run in this state directory tries again.");
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"{spec?.Notify?.Host ?? "The address of --notify"} did not answer; the next dbatch run in this state directory tries again.");
        }
    }

    private async Task PrintSummaryAsync(LocalRunSource source, IHost host, SessionStatistics statistics, JobSpec? job, bool json)
    {
        if (await source.ShowAsync(record.Run, CancellationToken.None) is not { } view)
            return;
        var consumer = host.Services.GetRequiredService<ConsumerService>();
        var summary = await RunSummary
            .ReadAsync(
                source,
                view,
                statistics with { Slots = consumer.Slots, SlotsReason = consumer.SlotsReason, Warnings = consumer.Warnings, Warm = WarmStatusOf(host) },
                CancellationToken.None);
        var hint = await MissingModuleHint.HintAsync(view.Command, hasEnvironment: job is { Conda: not null } or { Venv: not null }, summary.Failed);
        SummaryPrinter.Print(summary with { Hint = hint is null ? null : CommandHint.Complete(hint + $", then dbatch retry {view.Run}", summary.CommandOptions) }, json);
    }

    private IReadOnlyList<WarmStatus> WarmStatusOf(IHost host) => host.Services.GetRequiredService<WarmStart>().Summary(record.Run) is { } warm ? [warm] : [];

    private int ExitCodeOf(RunState state) =>
        state == RunState.Succeeded ? ExitCode.Done : signals.Drain.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.SomeFailed;

    private string ResumeCommand(RunState state) =>
        state == RunState.Failed || (state == RunState.Cancelled && !signals.Drain.IsCancellationRequested) ? $"dbatch retry {record.Run}" : $"dbatch run --resume {record.Run}";

    private HookCommand Hook => new(record.Run, record.Name, record.WorkingDirectory, record.OutputDirectory, record.Env);

    private void Save(RunRecord changed) => records.Save(record = changed);
}
