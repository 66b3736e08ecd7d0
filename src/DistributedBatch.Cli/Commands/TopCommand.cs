using System.CommandLine;
using System.Text.Json;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;
using Spectre.Console;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch top</c>: hosts and unfinished runs, again and again on a terminal, once elsewhere.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The verb.</summary>
    public static Command Create() => ReadingVerb.Create("top", "Show the machines and the unfinished runs, live.", async (_, source, json, cancellation) =>
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(await source.HostsAsync(cancellation), ContractsJson.Indented.IReadOnlyListHostView));
            return ExitCode.Done;
        }

        if (Console.IsOutputRedirected)
        {
            Console.Out.Write(await ScreenAsync(source, cancellation));
            return ExitCode.Done;
        }

        await AnsiConsole.Live(new Text("")).StartAsync(async live =>
        {
            while (!cancellation.IsCancellationRequested)
            {
                live.UpdateTarget(new Text(await ScreenAsync(source, cancellation)));
                live.Refresh();
                await Task.Delay(Interval, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });
        return ExitCode.Done;
    });

    private static async Task<string> ScreenAsync(IRunSource source, CancellationToken cancellation)
    {
        var hosts = await source.HostsAsync(cancellation);
        var running = await source.ListAsync(RunState.Running, 20, after: null, cancellation);
        var paused = await source.ListAsync(RunState.Paused, 20, after: null, cancellation);
        var table = new TextTable("HOST", ">RUNNING", ">SLOTS", ">CPU", "CHUNKS");
        foreach (var host in hosts.Where(host => host.Alive))
        {
            table.Add(
                host.Host.Name,
                $"{host.Running.Count}",
                $"{host.Host.Slots}",
                $"{host.Host.CpuBusy * 100:0} %",
                string.Join(' ', host.Running.Take(8).Select(attempt => $"{attempt.Index}")) + (host.Running.Count > 8 ? " …" : ""));
        }

        var runs = new TextTable("RUN", "NAME", "STATE", ">DONE", ">ITEMS/S", "TO GO");
        foreach (var run in running.Items.Concat(paused.Items))
            runs.Add(run.Run.Value, run.Name, run.State.ToText(), $"{run.Chunks.Succeeded}/{run.Chunks.Total}", HumanText.Rate(run.ItemsPerSecond), HumanText.Eta(run.Eta));
        return $"{(table.Count > 0 ? table : "No host is up." + Environment.NewLine)}{Environment.NewLine}{(runs.Count > 0 ? runs : "No run is unfinished." + Environment.NewLine)}";
    }
}
