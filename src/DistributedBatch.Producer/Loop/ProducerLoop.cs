using DistributedBatch.Producer.Dispatch;
using DistributedBatch.Producer.Hosts;
using DistributedBatch.Producer.Inbox;
using DistributedBatch.Producer.Runs;
using DistributedBatch.Producer.Storage;

namespace DistributedBatch.Producer.Loop;

/// <summary>
/// The producer's event loop: handle messages, check timeouts, dispatch chunks, commit, reply. All access to ledgers happens here, so nothing needs a
/// lock.
/// </summary>
internal sealed partial class ProducerLoop(
    LoopInbox inbox,
    IEnumerable<LoopHandler> handlers,
    HostSupervisor supervisor,
    RunRegistry runs,
    ChunkDispatcher dispatcher,
    GroupCommit commit,
    RunWaiters waiters,
    LedgerStore store,
    LedgerHealth health,
    TimeProvider time,
    ILogger<ProducerLoop> log)
{
    // Enough to share the cost of a commit, few enough for quick answers.
    private const int MaxMessagesPerRound = 256;

    // After that the queue counts as gone. If it took the chunk and only the confirmation is missing, the chunk runs twice.
    private static readonly TimeSpan ConfirmTimeout = TimeSpan.FromSeconds(5);

    // How long a message waits for the ledger. A client waits longer than that for its answer.
    private static readonly TimeSpan LedgerPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LedgerRetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly SteadyClock clock = new(time);
    private readonly Dictionary<Type, LoopHandler> handlers = handlers.ToDictionary(handler => handler.MessageType);
    private readonly List<(LoopReply Reply, object? Answer)> repliesAfterCommit = [];
    private volatile bool isDispatching = true;
    private volatile bool isCompleting;
    private DateTimeOffset? stopBy;

    /// <summary>First phase of a stop: dispatch nothing new, but handle messages.</summary>
    public void StopDispatching() => isDispatching = false;

    /// <summary>Second phase of a stop: handle the messages so far, wait for the confirmations of published chunks, then end.</summary>
    public void Complete()
    {
        StopDispatching();
        isCompleting = true;
        inbox.Wake();
    }

    /// <summary>Works until <see cref="Complete"/> was called and everything is handled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var timer = time.CreateTimer(_ => inbox.Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        inbox.Wake();
        try
        {
            while (await inbox.Reader.WaitToReadAsync(cancellation))
            {
                for (var messages = 0; messages < MaxMessagesPerRound && inbox.Reader.TryRead(out var input); messages++)
                    await HandleAsync(input, cancellation);
                var now = clock.Now();
                var isDone = await FinishRoundAsync(now, cancellation);
                if (runs.Active.Count == 0)
                    clock.FollowMachine();
                timer.Change(isDone ? UntilDue(now) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }
        catch (Exception failure)
        {
            Refuse(failure);
            throw;
        }

        waiters.Fail(new OperationCanceledException("The producer has stopped; the run continues when it is started again."));
    }

    private async ValueTask HandleAsync(LoopInput input, CancellationToken cancellation)
    {
        if (input.Message is not { } message || input.Reply?.TryBegin() == false)
            return;
        try
        {
            var answer = await HandleWithLedgerAsync(handlers[message.GetType()], message, cancellation);
            if (input.Reply is { } reply)
                repliesAfterCommit.Add((reply, answer));
        }
        catch (LedgerException replaced) when (replaced.IsReplaced)
        {
            input.Reply?.TrySetException(replaced);
            throw;
        }
        catch (Exception failure)
        {
            // The failure belongs to this message: its sender gets it and may try again, and the loop goes on.
            input.Reply?.TrySetException(failure);
            if (cancellation.IsCancellationRequested)
                throw;
            LogNotHandled(failure, Describe(message));
        }
    }

    /// <summary>
    /// Calls a handler again while the ledger fails: a database that restarts answers again soon. A handler uses the ledger before it changes anything. After a while its
    /// sender gets the failure, and while that lasts so does the next sender at once.
    /// </summary>
    private async ValueTask<object?> HandleWithLedgerAsync(LoopHandler handler, object message, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var answer = await handler.HandleAsync(message, clock.Now(), cancellation);
                if (health.Problem is not null)
                {
                    await store.CheckAsync(cancellation);
                    health.Worked();
                }

                return answer;
            }
            catch (LedgerException failure) when (!failure.IsReplaced)
            {
                health.Failed(failure.Message);
                if (health.Lasts >= LedgerPatience)
                    throw;
                LogTryingAgain(failure.Message);
                await Task.Delay(LedgerRetryDelay, time, cancellation);
            }
        }
    }

    private async ValueTask<bool> FinishRoundAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await supervisor.CheckTimeoutsAsync(now, cancellation);
        var isDone = !isDispatching || await dispatcher.DispatchAsync(now, cancellation);
        await commit.CommitAsync(isCompleting ? DateTimeOffset.MaxValue : now, cancellation);
        foreach (var (reply, answer) in repliesAfterCommit)
            reply.TrySetResult(answer);
        repliesAfterCommit.Clear();
        if (!isCompleting)
            return isDone;
        stopBy ??= now + ConfirmTimeout;
        if (dispatcher.Unconfirmed == 0 || now >= stopBy)
            inbox.Close();
        return isDone;
    }

    // What was due at the time of the round is done, so only later times count.
    private TimeSpan UntilDue(DateTimeOffset now)
    {
        var next = stopBy;
        foreach (var run in runs.Active)
        {
            if (run.Ledger.NextDue is { } due && due > now && !(due >= next))
                next = due;
            if (supervisor.NextCheck(run, now) is { } check && !(check >= next))
                next = check;
        }

        return next is not { } soonest ? Timeout.InfiniteTimeSpan : soonest > now ? soonest - now : TimeSpan.Zero;
    }

    private void Refuse(Exception reason)
    {
        inbox.Close();
        waiters.Fail(reason);
        repliesAfterCommit.ForEach(pending => pending.Reply.TrySetException(reason));
        while (inbox.Reader.TryRead(out var input))
            input.Reply?.TrySetException(reason);
    }

    // A record whose parts are null can fail to describe itself.
    private static string Describe(object message)
    {
        try
        {
            return message.ToString()!;
        }
        catch (Exception)
        {
            return message.GetType().Name;
        }
    }

    [LoggerMessage(2018, LogLevel.Warning, "The ledger could not be used: {Failure} Trying again.")]
    private partial void LogTryingAgain(string failure);

    [LoggerMessage(2014, LogLevel.Error, "A message could not be handled; its sender gets the error: {Input}")]
    private partial void LogNotHandled(Exception failure, string input);
}
