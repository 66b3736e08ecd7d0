using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Progress;
using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Tracker.Logs;
using DistributedBatch.Tracker.Queries;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary><c>dbatch show RUN</c>: the status of a run, its failed chunks and its slowest chunks.</summary>
internal static class ShowCommand
{
    private const int ShownFailures = 10;
    private const int ShownSlowest = 3;

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var chunks = new Option<bool>("--chunks") { Description = "list all chunks" };
        var command = ClientCommand.CreateForRun("show", "Show the status of a run, its failed chunks and its slowest chunks.", defaultsToLast: true, async context =>
        {
            var view = await context.Source.ShowAsync(context.Run, context.Cancellation);
            if (view is null)
                return ErrorOutput.Usage($"{context.Source.Location} no longer has run {context.Run}.");
            if (context.Parsed.GetValue(chunks))
                return await PrintChunksAsync(context);
            if (context.Json)
                Console.Out.WriteLine(JsonSerializer.Serialize(view, ContractsJson.Indented.RunView));
            else
                await PrintAsync(context, view);
            return ExitCode.Done;
        });
        command.Options.Add(chunks);
        return command;
    }

    private static async Task PrintAsync(ClientCommandContext context, RunView view)
    {
        var counts = view.Chunks;
        Console.Out.WriteLine($"run        {view.Run}  {view.Name}");
        Console.Out.WriteLine($"state      {AnsiColor.State(view.State)}{(view.Reason is { } reason ? $": {SafeText.Of(reason)}" : "")}");
        Console.Out.WriteLine($"command    {SafeText.Of(CommandText.Join(view.Command))}");
        Console.Out.WriteLine($"items      {view.ItemsSucceeded:N0} of {view.Total - view.First:N0}");
        Console.Out.WriteLine(
            $"chunks     {counts.Total:N0}: {counts.Succeeded:N0} succeeded, {counts.Failed:N0} failed, {counts.Cancelled:N0} cancelled, "
            + $"{counts.Running:N0} running, {counts.Queued:N0} queued, {counts.Pending:N0} pending");
        Console.Out.WriteLine($"speed      {HumanText.Rate(view.ItemsPerSecond)} items/s; a chunk takes {HumanText.Seconds(view.MedianSeconds)} (median), {HumanText.Seconds(view.P95Seconds)} (95th percentile)");
        if (view.Usage is { } usage)
            Console.Out.WriteLine($"used       {Usage(usage)}");
        if (!view.State.IsSettled())
            Console.Out.WriteLine($"time left  {HumanText.Eta(view.Eta)}");
        Console.Out.WriteLine($"submitted  {view.SubmittedAt.ToLocalTime():yyyy-MM-dd HH:mm:ss}");
        if (view.FinishedAt is { } finished)
            Console.Out.WriteLine($"finished   {finished.ToLocalTime():yyyy-MM-dd HH:mm:ss}, after {HumanText.Seconds((finished - view.SubmittedAt).TotalSeconds)}");
        Console.Out.WriteLine($"outputs    {SafeText.Of(view.OutputDirectory ?? "-")}");

        var failed = await context.Source.ChunksAsync(context.Run, new ChunkFilter { State = ChunkState.Failed }, ShownFailures, null, context.Cancellation);
        if (failed is { Items.Count: > 0 })
        {
            Console.Out.WriteLine($"{Environment.NewLine}Failed{(counts.Failed > ShownFailures ? $" (the first {ShownFailures} of {counts.Failed})" : "")}:");
            Console.Out.Write(ChunkTable.Of(failed.Items));
            Console.Out.WriteLine(CommandHint.Complete(
                $"'dbatch logs {view.Run} CHUNK' prints the output of a chunk, 'dbatch retry {view.Run}' runs the failed chunks again.", context.Source.CommandOptions));
        }
        else if (view.FailedAttempts > 0)
        {
            var latest = await context.Source.FailedAttemptsAsync(context.Run, ShownSlowest, context.Cancellation);
            Console.Out.WriteLine($"{Environment.NewLine}{HumanText.Count(view.FailedAttempts, "attempt")} failed, and {(view.FailedAttempts == 1 ? "its chunk runs" : "their chunks run")} again; the latest:");
            foreach (var attempt in latest)
                Console.Out.WriteLine($"  {AttemptFailure.Of(attempt)}");
        }

        var slow = await context.Source.SlowestAsync(context.Run, ShownSlowest, context.Cancellation);
        if (slow.Count > 0)
            Console.Out.WriteLine($"{Environment.NewLine}Slowest: {string.Join(", ", slow.Select(attempt => $"chunk {attempt.Index} ({HumanText.Seconds(attempt.Seconds)})"))}");
    }

    private static string Usage(RunUsage usage)
    {
        var cores = usage.Seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({usage.CpuSeconds / usage.Seconds:0.0#} cores per attempt)") : "";
        return $"{HumanText.Seconds(usage.CpuSeconds)} of processor time{cores}, at most {SizeText.Show(usage.PeakMemoryBytes)} of memory per attempt, "
            + $"{SizeText.Show(usage.ReadBytes)} read from disk, {SizeText.Show(usage.WrittenBytes)} written";
    }

    private static async Task<int> PrintChunksAsync(ClientCommandContext context)
    {
        var first = true;
        string? after = null;
        if (context.Json)
            Console.Out.Write('[');
        do
        {
            var page = await context.Source.ChunksAsync(context.Run, new ChunkFilter(), RunQueries.MaxRows, after, context.Cancellation);
            if (page is null)
                break;
            if (!context.Json)
                Console.Out.Write(ChunkTable.Of(page.Items));
            foreach (var chunk in context.Json ? page.Items : [])
            {
                Console.Out.Write((first ? "" : ",") + Environment.NewLine + JsonSerializer.Serialize(chunk, ContractsJson.Default.ChunkView));
                first = false;
            }

            after = page.Next;
        }
        while (after is not null);
        if (context.Json)
            Console.Out.WriteLine($"{Environment.NewLine}]");
        return ExitCode.Done;
    }
}
