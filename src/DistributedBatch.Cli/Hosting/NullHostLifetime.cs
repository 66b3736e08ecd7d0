using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Cli.Hosting;

/// <summary>A host lifetime without signals: <see cref="StopSignals"/> handles them. The default lifetime would end everything on the first signal.</summary>
internal sealed class NullHostLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
