using DistributedBatch.Cli.Output;
using DistributedBatch.Messaging.Connections;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Cli.Hosting;

/// <summary>Runs a service until a signal: the first signal stops it gracefully, the second at once.</summary>
internal static class ServiceRunner
{
    /// <summary>Runs <paramref name="host"/> and gives the exit code.</summary>
    public static async Task<int> RunAsync(IHost host, Action started)
    {
        using var signals = new StopSignals();
        var lifetime = (IHostApplicationLifetime)host.Services.GetService(typeof(IHostApplicationLifetime))!;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(signals.Drain, lifetime.ApplicationStopping);
        try
        {
            await host.StartAsync(signals.Drain);
            started();
            await Task.Delay(Timeout.Infinite, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await host.StopAsync(signals.Kill);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (signals.Drain.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (BrokerRefusedException failure)
        {
            return ErrorOutput.Unreachable(failure.Message);
        }
        catch (Exception failure) when (StartFailure.Sentence(failure) is not null)
        {
            return ErrorOutput.Usage(StartFailure.Sentence(failure)!);
        }
        finally
        {
            switch (host)
            {
                case IAsyncDisposable asynchronous:
                    await asynchronous.DisposeAsync();
                    break;
                default:
                    host.Dispose();
                    break;
            }
        }
    }
}
