using System.Runtime.InteropServices;

namespace DistributedBatch.Cli.Hosting;

/// <summary>Handles Ctrl-C, SIGTERM and a closed terminal: the first signal lets running chunks finish, the second kills them.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource drain = new();
    private readonly CancellationTokenSource kill = new();
    private readonly PosixSignalRegistration[] registrations;

    /// <summary>Starts to handle signals.</summary>
    public StopSignals() =>
        registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Drain => drain.Token;

    /// <summary>Cancelled by the second signal.</summary>
    public CancellationToken Kill => kill.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
        drain.Dispose();
        kill.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (drain.IsCancellationRequested)
            kill.Cancel();
        else
            drain.Cancel();
    }
}
