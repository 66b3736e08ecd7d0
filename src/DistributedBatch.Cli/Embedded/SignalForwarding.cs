using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Cli.Embedded;

/// <summary>A host lifetime that hears no signals, because <see cref="StopSignals"/> does: the host's own would end everything on the first one.</summary>
internal sealed class SignalForwarding : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
