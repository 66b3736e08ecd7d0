using System.CommandLine;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch top</c>: hosts and unfinished runs; updated every second on a terminal, printed once elsewhere.</summary>
internal static class TopCommand
{
    private const int ShownRuns = 20;
    private const int ShownChunks = 8;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Builds the command.</summary>
    public static Command Create() => ClientCommand.Create("top", "Show the hosts and the unfinished runs, live.", async (_, source, json, cancellation) =>
    {
        if (json)
            Console.Out.WriteLine(System.Text.Json.JsonSerializer.Serialize(await source.HostsAsync(cancellation), ContractsJson.Indented.IReadOnlyListHostView));
        else if (Console.IsOutputRedirected)
            Console.Out.Write(await ScreenAsync(source, cancellation));
        else
            await ShowLiveAsync(source, cancellation);
        return ExitCode.Done;
    });

    private static async Task ShowLiveAsync(IRunSource source, CancellationToken cancellation)
    {
        var region = LiveRegion.On(Console.Out);
        while (!cancellation.IsCancellationRequested)
        {
            region.Draw((await ScreenAsync(source, cancellation)).TrimEnd().Split(Environment.NewLine));
            await Task.Delay(Interval, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<string> ScreenAsync(IRunSource source, CancellationToken cancellation)
    {
        var hosts = new TextTable("HOST", ">RUNNING", ">SLOTS", ">CPU", "CHUNKS");
        foreach (var host in (await source.HostsAsync(cancellation)).Where(host => host.Alive))
        {
            hosts.Add(
                host.Host.Name,
                $"{host.Running.Count}",
                $"{host.Host.Slots}",
                $"{host.Host.CpuBusy * 100:0} %",
                string.Join(' ', host.Running.Take(ShownChunks).Select(attempt => $"{attempt.Index}")) + (host.Running.Count > ShownChunks ? " …" : ""));
        }

        var running = await source.ListAsync(RunState.Running, ShownRuns, after: null, cancellation);
        var paused = await source.ListAsync(RunState.Paused, ShownRuns, after: null, cancellation);
        var runs = new TextTable("RUN", "NAME", "STATE", ">DONE", ">ITEMS/S", "TIME LEFT");
        foreach (var run in running.Items.Concat(paused.Items))
        {
            runs.Add(
                run.Run.Value, run.Name, AnsiColor.State(run.State), $"{run.Chunks.Succeeded}/{run.Chunks.Total}", HumanText.Rate(run.ItemsPerSecond), HumanText.Eta(run.Eta));
        }

        return $"{(hosts.Count > 0 ? hosts : "No host is online." + Environment.NewLine)}{Environment.NewLine}{(runs.Count > 0 ? runs : "All runs are finished." + Environment.NewLine)}";
    }
}
