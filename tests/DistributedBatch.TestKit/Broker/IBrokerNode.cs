namespace DistributedBatch.TestKit.Broker;

/// <summary>Where a private broker comes from.</summary>
internal interface IBrokerNode : IAsyncDisposable
{
    /// <summary>Where it listens, with a user that may do everything.</summary>
    Uri Server { get; }

    /// <summary>Certificates of the TLS listener; null where there is none.</summary>
    TestCertificates? Certificates { get; }

    /// <summary>Port of the TLS listener; 0 where there is none.</summary>
    int TlsPort { get; }

    /// <summary>Starts it, or starts it again over the same files; the task ends when it answers.</summary>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Ends it without a chance to tidy up.</summary>
    Task KillAsync(CancellationToken cancellation);

    /// <summary>Runs <c>rabbitmqctl</c> and gives what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    Task<string> ControlAsync(IReadOnlyList<string> arguments, CancellationToken cancellation);
}
