using RabbitMQ.Client;

namespace DistributedBatch.Messaging.Connections;

/// <summary>
/// Keeps one connection to the broker: connects, declares the topology, and connects again whenever the connection is lost. The client's own recovery is off: channels
/// must be rebuilt after channel errors anyway, and it silently drops an acknowledgement with a tag from before a recovery
/// (rabbitmq-dotnet-client, RecoveryAwareChannel.cs).
/// </summary>
internal sealed partial class ConnectionSupervisor(
    BrokerOptions options, string purpose, Func<IChannel, CancellationToken, Task> declare, BrokerHealth health, TimeProvider time, Func<double> chance, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource<bool> firstOutcome = NewSignal<bool>();
    private readonly Lock gate = new();
    private TaskCompletionSource<IConnection> live = NewSignal<IConnection>();
    private Task? keeping;
    private string? told;

    /// <summary>The broker's version, once connected.</summary>
    public BrokerVersion? Version { get; private set; }

    /// <summary>Whether there is a connection now.</summary>
    public bool IsConnected
    {
        get
        {
            lock (gate)
                return live.Task.IsCompletedSuccessfully;
        }
    }

    /// <summary>Connects in the background; does nothing the second time.</summary>
    public void Start()
    {
        lock (gate)
            keeping ??= Task.Run(KeepAsync);
    }

    /// <summary>Waits for the first connection.</summary>
    /// <exception cref="BrokerRefusedException">The broker refuses the connection.</exception>
    public Task FirstConnectionAsync(CancellationToken cancellation)
    {
        Start();
        return firstOutcome.Task.WaitAsync(cancellation);
    }

    /// <summary>The live connection; waits for as long as there is none.</summary>
    public Task<IConnection> ConnectedAsync(CancellationToken cancellation)
    {
        Start();
        lock (gate)
            return live.Task.WaitAsync(cancellation);
    }

    /// <summary>Declares the topology again, after a queue was found missing.</summary>
    public async Task DeclareAsync(CancellationToken cancellation) =>
        await DeclareOnAsync(await ConnectedAsync(cancellation), cancellation);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        lock (gate)
            live.TrySetCanceled(CancellationToken.None);
        if (keeping is not null)
            await keeping;
        stopping.Dispose();
    }

    private static TaskCompletionSource<T> NewSignal<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task KeepAsync()
    {
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await LiveOnceAsync(() => failures = 0);
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                Tell(failure);
            }
            catch (Exception)
            {
                return;
            }

            failures++;
            await Task.Delay(ReconnectDelay.After(failures, chance()), time, stopping.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Connects, and returns when the connection is lost. Throws when it cannot connect.</summary>
    private async Task LiveOnceAsync(Action connected)
    {
        await using var connection = await Factory(options, purpose).CreateConnectionAsync(stopping.Token);
        var lost = NewSignal<string>();
        connection.ConnectionShutdownAsync += (_, shutdown) =>
        {
            lost.TrySetResult($"{shutdown.ReplyCode} {shutdown.ReplyText}");
            return Task.CompletedTask;
        };
        connection.ConnectionBlockedAsync += (_, blocked) =>
        {
            LogBlocked(purpose, blocked.Reason);
            health.Report(purpose, new BrokerState.Blocked(blocked.Reason));
            return Task.CompletedTask;
        };
        connection.ConnectionUnblockedAsync += (_, _) =>
        {
            LogUnblocked(purpose);
            health.Report(purpose, new BrokerState.Connected());
            return Task.CompletedTask;
        };

        await DeclareOnAsync(connection, stopping.Token);
        Version = BrokerVersion.Of(connection.ServerProperties);
        LogConnected(purpose, options.Url.Host, Version.Text);
        connected();
        told = null;
        health.Report(purpose, new BrokerState.Connected(), Version);
        firstOutcome.TrySetResult(true);
        lock (gate)
            live.TrySetResult(connection);

        // It may have been lost before the event had a listener.
        if (!connection.IsOpen)
            lost.TrySetResult(connection.CloseReason?.ReplyText ?? "closed");
        try
        {
            var reason = await lost.Task.WaitAsync(stopping.Token);
            LogLost(purpose, options.Url.Host, reason);
            health.Report(purpose, new BrokerState.Away(reason));
        }
        finally
        {
            lock (gate)
                live = NewSignal<IConnection>();
        }
    }

    private async Task DeclareOnAsync(IConnection connection, CancellationToken cancellation)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        await declare(channel, cancellation);
    }

    private void Tell(Exception failure)
    {
        if (BrokerRefusal.Of(failure, options) is { } refusal)
        {
            if (refusal != told)
                LogRefused(purpose, refusal);
            told = refusal;
            health.Report(purpose, new BrokerState.Refused(refusal));
            firstOutcome.TrySetException(new BrokerRefusedException(refusal, failure));
            return;
        }

        // One line for each reason, because an outage may be long; another line tells of its end.
        var missing = failure as TopologyMissingException;
        var reason = missing?.Message ?? failure.GetBaseException().Message;
        if (reason != told && missing is not null)
            LogWaiting(purpose, options.Url.Host, reason);
        else if (reason != told)
            LogUnreachable(purpose, options.Url.Host, reason);
        told = reason;
        health.Report(purpose, new BrokerState.Away(reason));
    }

    /// <summary>The settings of a connection to this broker.</summary>
    internal static ConnectionFactory Factory(BrokerOptions options, string purpose)
    {
        var factory = new ConnectionFactory
        {
            Uri = options.Url,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = options.Heartbeat,
            ClientProvidedName = $"dbatch {options.HostName} {options.Role} {purpose}",
        };
        if (BrokerTls.IsWanted(options) && BrokerTls.Verification(options) is { } verification)
            factory.Ssl.CertificateValidationCallback = verification;
        return factory;
    }

    [LoggerMessage(101, LogLevel.Information, "Connected to the broker at {Broker} for {Purpose} (RabbitMQ {Version})")]
    private partial void LogConnected(string purpose, string broker, string version);

    [LoggerMessage(102, LogLevel.Warning, "Lost the broker at {Broker} for {Purpose} ({Reason}); connecting again until it is back")]
    private partial void LogLost(string purpose, string broker, string reason);

    [LoggerMessage(103, LogLevel.Warning, "Cannot reach the broker at {Broker} for {Purpose} ({Reason}); trying again until it answers")]
    private partial void LogUnreachable(string purpose, string broker, string reason);

    [LoggerMessage(104, LogLevel.Error, "The broker refuses the connection for {Purpose}: {Refusal}")]
    private partial void LogRefused(string purpose, string refusal);

    [LoggerMessage(105, LogLevel.Warning, "The broker takes no messages for {Purpose} ({Reason}); waiting until it does")]
    private partial void LogBlocked(string purpose, string reason);

    [LoggerMessage(108, LogLevel.Warning, "Waiting for {Purpose} at the broker {Broker}: {Reason}")]
    private partial void LogWaiting(string purpose, string broker, string reason);

    [LoggerMessage(106, LogLevel.Information, "The broker takes messages for {Purpose} again")]
    private partial void LogUnblocked(string purpose);
}
