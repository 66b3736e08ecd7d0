namespace DistributedBatch.Messaging.Connections;

/// <summary>
/// How this process stands with the broker, for people and for the services that must hold back. Without a broker it is always connected.
/// </summary>
public sealed class BrokerHealth
{
    private static readonly BrokerState.Connected Fine = new();
    private readonly Lock gate = new();
    private readonly Dictionary<string, BrokerState> byConnection = new(StringComparer.Ordinal);
    private BrokerState current = Fine;

    /// <summary>Raised with the new state when it changes; from any thread.</summary>
    public event Action<BrokerState>? Changed;

    /// <summary>The worst state of our connections.</summary>
    public BrokerState Current
    {
        get
        {
            lock (gate)
                return current;
        }
    }

    /// <summary>The broker's version; null without a broker or before the first connection.</summary>
    public BrokerVersion? Version { get; private set; }

    internal void Report(string connection, BrokerState state, BrokerVersion? version = null)
    {
        lock (gate)
        {
            Version = version ?? Version;
            byConnection[connection] = state;
            var worst = byConnection.Values.MaxBy(Severity) ?? Fine;
            if (worst == current)
                return;
            current = worst;
        }

        Changed?.Invoke(Current);
    }

    private static int Severity(BrokerState state) => state switch
    {
        BrokerState.Connected => 0,
        BrokerState.Blocked => 1,
        BrokerState.Away => 2,
        _ => 3,
    };
}
