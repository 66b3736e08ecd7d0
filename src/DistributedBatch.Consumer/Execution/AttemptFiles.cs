using System.Text;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Jobs;
using DistributedBatch.Consumer.Logs;
using DistributedBatch.Consumer.Outputs;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Execution;

/// <summary>The files of an attempt: prepares them before it runs, and afterwards reads its result, stores its logs and promotes its outputs.</summary>
internal sealed class AttemptFiles(LogStore logs, OutputUploader uploader)
{
    private static readonly Encoding Utf8 = new UTF8Encoding(false);

    /// <summary>Makes the output directory and the items file.</summary>
    public static void Prepare(ActiveAttempt attempt, JobTemplate template)
    {
        attempt.Scratch.Prepare();
        if (template.UsesItemsFile)
            File.WriteAllText(attempt.Scratch.Items, ItemsFile.Content(attempt.Chunk), Utf8);
    }

    /// <summary>
    /// Stores what the attempt wrote and empties its scratch files. The report that it gives has result and logs, or says why they could not be
    /// stored.
    /// </summary>
    public AttemptReport Store(ActiveAttempt attempt, JobTemplate template, AttemptReport report, ProgramOutcome outcome)
    {
        var scratch = attempt.Scratch;
        try
        {
            report = outcome.Result is { } result ? report with { Result = result } : ReadResult(scratch, report);
            report = StoreLogs(attempt, template, report);
            var hasOutputs = scratch.HasOutputs();
            if (hasOutputs && report.Outcome == AttemptOutcome.Succeeded)
            {
                OutputPromotion.Promote(scratch.Out, template.OutputRoot, attempt.Chunk.Index, replace: !attempt.MayBeDuplicated);
                if (!Directory.Exists(scratch.Out))
                    scratch.OutputsMoved();
            }
            else if (report.Outcome == AttemptOutcome.Succeeded && !attempt.MayBeDuplicated)
            {
                OutputPromotion.Remove(template.OutputRoot, attempt.Chunk.Index);
            }

            if (outcome.Stragglers)
                scratch.Renew();
            else
                scratch.Clear(hasOutputs, template.UsesItemsFile);
            return report;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            scratch.Renew();
            return report with
            {
                Outcome = report.Outcome == AttemptOutcome.Succeeded ? AttemptOutcome.ExitCode : report.Outcome,
                Error = $"Host {attempt.Host} could not store the files of the attempt: {failure.Message} {report.Error}".TrimEnd(),
            };
        }
    }

    private static AttemptReport ReadResult(SlotScratch scratch, AttemptReport report)
    {
        var (json, error) = ResultFile.Read(scratch.Result);
        return error is null || report.Outcome != AttemptOutcome.Succeeded
            ? report with { Result = json }
            : report with { Outcome = AttemptOutcome.ExitCode, Error = error };
    }

    private AttemptReport StoreLogs(ActiveAttempt attempt, JobTemplate template, AttemptReport report)
    {
        var scratch = attempt.Scratch;
        var (stdout, stderr) = scratch.LogLengths();
        if (template.HasEarlierLogs)
            DeleteEarlierLogs(template.LogOf(attempt.Chunk.Index, attempt.Number));
        if (stdout == 0 && stderr == 0)
            return report;
        if (stderr > 0 && report.Outcome != AttemptOutcome.Succeeded)
            report = report with { StderrTail = LogStore.Tail(scratch.Stderr) };
        report = report with { StdoutBytes = stdout, StderrBytes = stderr };
        if (uploader.PutsInReport(stdout + stderr))
            return report with { Stdout = LogStore.Take(scratch.Stdout, stdout), Stderr = LogStore.Take(scratch.Stderr, stderr) };
        Directory.CreateDirectory(template.LogRoot);
        var name = template.LogOf(attempt.Chunk.Index, attempt.Number);
        if (stdout > 0)
            logs.Store(scratch.Stdout, name + ".out");
        if (stderr > 0)
            logs.Store(scratch.Stderr, name + ".err");
        return report;
    }

    // A killed process may have left the logs of an attempt with the same number, and this one may have written to one stream only.
    private static void DeleteEarlierLogs(string name)
    {
        File.Delete(name + ".out");
        File.Delete(name + ".err");
    }
}
