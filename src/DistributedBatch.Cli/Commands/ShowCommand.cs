using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Cli.JobFile;
using DistributedBatch.Cli.Options;
using DistributedBatch.Cli.Output;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch show RUN</c>: where a run stands, what failed, what was slow.</summary>
internal static class ShowCommand
{
    private const int Shown = 10;

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var chunks = new Option<bool>("--chunks") { Description = "list every chunk" };
        var verb = ReadingVerb.CreateForRun("show", "Show where a run stands, what failed and what was slow.", lastIfUnsaid: true, async call =>
        {
            var view = await call.Source.ShowAsync(call.Run, call.Cancellation);
            if (view is null)
                return ErrorOutput.Usage($"Run {call.Run} is not known in {call.Source.Place} any more.");
            if (call.Parsed.GetValue(chunks))
                return await PrintChunksAsync(call);
            if (call.Json)
                Console.Out.WriteLine(JsonSerializer.Serialize(view, ContractsJson.Indented.RunView));
            else
                await PrintAsync(call, view);
            return ExitCode.Done;
        });
        verb.Options.Add(chunks);
        return verb;
    }

    private static async Task PrintAsync(RunCall call, RunView view)
    {
        var counts = view.Chunks;
        Console.Out.WriteLine($"run        {view.Run}  {view.Name}");
        Console.Out.WriteLine($"state      {AnsiColor.State(view.State)}{(view.Reason is { } reason ? $": {reason}" : "")}");
        Console.Out.WriteLine($"command    {CommandText.Join(view.Command)}");
        Console.Out.WriteLine($"items      {view.ItemsSucceeded:N0} of {view.Total - view.First:N0}");
        Console.Out.WriteLine(
            $"chunks     {counts.Total:N0}: {counts.Succeeded:N0} succeeded, {counts.Failed:N0} failed, {counts.Cancelled:N0} cancelled, "
            + $"{counts.Running:N0} running, {counts.Queued:N0} queued, {counts.Pending:N0} pending");
        Console.Out.WriteLine($"speed      {HumanText.Rate(view.ItemsPerSecond)} items/s; a chunk takes {HumanText.Seconds(view.MedianSeconds)}, 95 % at most {HumanText.Seconds(view.P95Seconds)}");
        if (view.Usage is { } usage)
            Console.Out.WriteLine($"used       {Usage(usage)}");
        if (!view.State.IsSettled())
            Console.Out.WriteLine($"to go      {HumanText.Eta(view.Eta)}");
        Console.Out.WriteLine($"submitted  {view.SubmittedAt.ToLocalTime():yyyy-MM-dd HH:mm:ss}");
        if (view.FinishedAt is { } finished)
            Console.Out.WriteLine($"finished   {finished.ToLocalTime():yyyy-MM-dd HH:mm:ss}, after {HumanText.Seconds((finished - view.SubmittedAt).TotalSeconds)}");
        Console.Out.WriteLine($"outputs    {view.OutputDirectory ?? "-"}");

        var failed = await call.Source.ChunksAsync(call.Run, new ChunkFilter { State = ChunkState.Failed }, Shown, null, call.Cancellation);
        if (failed is { Items.Count: > 0 })
        {
            Console.Out.WriteLine($"{Environment.NewLine}Failed{(counts.Failed > Shown ? $" (the first {Shown} of {counts.Failed})" : "")}:");
            Console.Out.Write(ChunkTable.Of(failed.Items));
            Console.Out.WriteLine($"'dbatch logs {view.Run} CHUNK' shows what a chunk wrote, 'dbatch retry {view.Run}' runs the failed ones again.");
        }

        var slow = await call.Source.SlowestAsync(call.Run, 3, call.Cancellation);
        if (slow.Count > 0)
            Console.Out.WriteLine($"{Environment.NewLine}Slowest: {string.Join(", ", slow.Select(attempt => $"chunk {attempt.Index} ({HumanText.Seconds(attempt.Seconds)})"))}");
    }

    private static string Usage(RunUsage usage)
    {
        var cores = usage.Seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({usage.CpuSeconds / usage.Seconds:0.0#} of a core each)") : "";
        return $"{HumanText.Seconds(usage.CpuSeconds)} of processor time{cores}, at most {SizeText.Show(usage.PeakMemoryBytes)} of memory an attempt, "
            + $"{SizeText.Show(usage.ReadBytes)} read from disks, {SizeText.Show(usage.WrittenBytes)} written";
    }

    private static async Task<int> PrintChunksAsync(RunCall call)
    {
        var first = true;
        string? after = null;
        if (call.Json)
            Console.Out.Write('[');
        do
        {
            var page = await call.Source.ChunksAsync(call.Run, new ChunkFilter(), RunQueries.MaxRows, after, call.Cancellation);
            if (page is null)
                break;
            if (!call.Json)
                Console.Out.Write(ChunkTable.Of(page.Items));
            foreach (var chunk in call.Json ? page.Items : [])
            {
                Console.Out.Write((first ? "" : ",") + Environment.NewLine + JsonSerializer.Serialize(chunk, ContractsJson.Default.ChunkView));
                first = false;
            }

            after = page.Next;
        }
        while (after is not null);
        if (call.Json)
            Console.Out.WriteLine($"{Environment.NewLine}]");
        return ExitCode.Done;
    }
}
