using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Requests;
using DistributedBatch.Cli.Text;
using DistributedBatch.Tracker.Logs;

namespace DistributedBatch.Cli.Plan;

/// <summary>Prints the plan of <c>--dry-run</c>.</summary>
internal static class PlanPrinter
{
    private const int Shown = 3;

    /// <summary>Prints the plan on standard output.</summary>
    public static int Print(RunRequest request, bool json)
    {
        Console.Out.WriteLine(json ? Json(request) : SafeText.Of(Text(request)));
        return ExitCode.Done;
    }

    private static string Json(RunRequest request)
    {
        var spec = request.Spec;
        var plan = new RunPlan(spec);
        var first = plan.Items > 0 ? plan.Chunk(0) : default;
        return JsonText.Of(
            new PlanJson(
                plan.Items,
                plan.Chunks,
                request.Slots,
                plan.Items > 0 ? plan.CommandOf(first) : null,
                plan.Items > 0 ? plan.StdinOf(first) : null,
                new PlannedRun(
                    spec.Name, spec.Dataset.First, spec.Dataset.Total, spec.ChunkSize, spec.Retries, spec.Job, spec.Before, spec.After)),
            PlanJsonContext.Default.PlanJson);
    }

    private static string Text(RunRequest request)
    {
        var spec = request.Spec;
        var plan = new RunPlan(spec);
        var lines = new List<string>
        {
            $"run      {spec.Name}",
            $"items    {plan.Items:N0}",
            plan.Chunks is { } chunks ? $"chunks   {chunks:N0} of {HumanText.Count(spec.ChunkSize!.Value, "item")}" : "chunks   auto: sized by the measured durations",
            $"slots    {(request.Slots is { } slots ? $"{slots}" : "auto: found by measuring")}",
            $"retries  {spec.Retries}",
            $"outputs  {spec.Job.OutputDirectory ?? Path.Combine(request.StateDirectory, "runs/RUN/out")}",
        };
        if (spec.Before.Count > 0)
            lines.Add($"before   {CommandText.Join(spec.Before)}");
        lines.AddRange(ChunkLines(plan));
        if (spec.After.Count > 0)
            lines.Add($"after    {CommandText.Join(spec.After)}");
        lines.Add("Nothing was started.");
        return string.Join(Environment.NewLine, lines);
    }

    private static IEnumerable<string> ChunkLines(RunPlan plan)
    {
        var count = plan.Items == 0 ? 0 : plan.Chunks ?? 1;
        for (var index = 0L; index < Math.Min(count, Shown); index++)
            yield return ChunkLine(plan, index);
        if (count > Shown + 1)
            yield return "         …";
        if (count > Shown)
            yield return ChunkLine(plan, count - 1);
    }

    private static string ChunkLine(RunPlan plan, long index)
    {
        var chunk = plan.Chunk(index);
        var stdin = plan.StdinOf(chunk) is { } text ? $" <<< {CommandText.Join([text])}" : "";
        return $"chunk {index,-3}items {chunk.Start} to {chunk.End - 1}: {CommandText.Join(plan.CommandOf(chunk))}{stdin}";
    }
}
