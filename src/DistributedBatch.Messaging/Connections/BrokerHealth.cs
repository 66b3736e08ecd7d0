using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Hosts;

namespace DistributedBatch.Messaging.Connections;

/// <summary>
/// State of the connections to the broker, for people and for services that depend on it. Without a broker the state is always connected.
/// </summary>
/// <param name="time">Clock.</param>
public sealed class BrokerHealth(TimeProvider time)
{
    private static readonly BrokerState.Connected Fine = new();
    private readonly Lock gate = new();
    private readonly Dictionary<string, BrokerState> byConnection = new(StringComparer.Ordinal);
    private BrokerState current = Fine;
    private BrokerTrouble? lastTrouble;

    /// <summary>Raised on any thread with the new state.</summary>
    public event Action<BrokerState>? Changed;

    /// <summary>The worst state of all connections.</summary>
    public BrokerState Current
    {
        get
        {
            lock (gate)
                return current;
        }
    }

    /// <summary>The present or last problem; null when there was none.</summary>
    public BrokerTrouble? LastTrouble
    {
        get
        {
            lock (gate)
                return lastTrouble;
        }
    }

    /// <summary>The broker's version; null without a broker or before the first connection.</summary>
    public BrokerVersion? Version { get; private set; }

    /// <summary>State, version and last problem, for the API.</summary>
    public BrokerView View()
    {
        lock (gate)
            return new BrokerView(current.Word, Version?.Text, lastTrouble);
    }

    internal void Report(string connection, BrokerState state, BrokerVersion? version = null)
    {
        lock (gate)
        {
            Version = version ?? Version;
            byConnection[connection] = state;
            var worst = byConnection.Values.MaxBy(Severity) ?? Fine;
            if (worst == current)
                return;
            lastTrouble = Remember(worst);
            current = worst;
        }

        Changed?.Invoke(Current);
    }

    // A problem that turns into another one counts as one: people want to know since when no messages flow.
    private BrokerTrouble? Remember(BrokerState now) => (now.Trouble, lastTrouble) switch
    {
        (null, { Until: null } lasting) => lasting with { Until = time.GetUtcNow() },
        ({ } reason, { Until: null } lasting) => lasting with { Reason = reason },
        ({ } reason, _) => new BrokerTrouble(reason, time.GetUtcNow(), null),
        _ => lastTrouble,
    };

    private static int Severity(BrokerState state) => state switch
    {
        BrokerState.Connected => 0,
        BrokerState.Blocked => 1,
        BrokerState.Away => 2,
        _ => 3,
    };
}
