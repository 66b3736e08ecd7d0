using DistributedBatch.Cli.Output;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Producer.Storage;
using Microsoft.Extensions.Hosting;

namespace DistributedBatch.Cli.Hosting;

/// <summary>Runs a service until a signal: the first signal stops it gracefully, the second at once.</summary>
internal static class ServiceRunner
{
    /// <summary>
    /// Runs a host that <paramref name="build"/> makes, and gives the exit code. When another producer has taken its ledger over, a new host stands by in its place.
    /// </summary>
    public static async Task<int> RunAsync(Func<IHost> build, Action started)
    {
        using var signals = new StopSignals();
        while (true)
        {
            if (await RunAsync(build(), started, signals) is { } exitCode)
                return exitCode;
        }
    }

    // Null asks for a new host.
    private static async Task<int?> RunAsync(IHost host, Action started, StopSignals signals)
    {
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
        catch (LedgerException replaced) when (replaced.IsReplaced && !signals.Drain.IsCancellationRequested)
        {
            Console.Error.WriteLine($"{replaced.Message} This producer stands by.");
            return null;
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
