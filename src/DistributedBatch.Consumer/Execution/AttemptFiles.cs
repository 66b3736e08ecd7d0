using System.Text;
using DistributedBatch.Consumer.Attempts;
using DistributedBatch.Consumer.Jobs;
using DistributedBatch.Consumer.Logs;
using DistributedBatch.Consumer.Outputs;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Execution;

/// <summary>The files of an attempt: prepares them before it runs, and afterwards reads its result and stores or uploads its logs and outputs.</summary>
internal sealed class AttemptFiles(LogStore logs, OutputUploader uploader)
{
    // A log that is uploaded waits beside the file that the program wrote.
    private const string Kept = ".kept";

    private static readonly Encoding Utf8 = new UTF8Encoding(false);

    /// <summary>Makes the output directory and the items file.</summary>
    public static void Prepare(ActiveAttempt attempt, JobTemplate template)
    {
        attempt.Scratch.Prepare();
        if (template.UsesItemsFile)
            File.WriteAllText(attempt.Scratch.Items, ItemsFile.Content(attempt.Chunk), Utf8);
    }

    /// <summary>
    /// Stores what the attempt wrote, here or at the tracker, and empties its scratch files. The report that it gives has result and logs, or says why
    /// they could not be stored. Nothing of a failed attempt's outputs is left.
    /// </summary>
    public async ValueTask<AttemptReport> StoreAsync(ActiveAttempt attempt, JobTemplate template, AttemptReport report, ProgramOutcome outcome)
    {
        var scratch = attempt.Scratch;
        var hasOutputs = true;
        try
        {
            report = ReadResult(scratch, report, outcome);
            hasOutputs = scratch.HasOutputs();
            report = CheckOutputs(scratch, report, hasOutputs);
            report = StoreLogs(attempt, template, report);
            if (report.Outcome == AttemptOutcome.Succeeded && !Uploads(template))
                Promote(attempt, template, hasOutputs);
            var files = FilesToUpload(scratch, template, report, hasOutputs);
            if (files.Count > 0)
                report = await uploader.UploadAsync(attempt, files, report);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            report = Failed(report, $"Host {attempt.Host} could not store the files of the attempt: {failure.Message} {report.Error}".TrimEnd());
        }

        Clear(scratch, hasOutputs, template.UsesItemsFile, outcome.Stragglers);
        return report;
    }

    // Outputs in a directory that the user named are on a shared disk.
    private bool Uploads(JobTemplate template) => uploader.HasServer && template.Job.OutputDirectory is null;

    private static AttemptReport Failed(AttemptReport report, string error) =>
        report with { Outcome = report.Outcome == AttemptOutcome.Succeeded ? AttemptOutcome.ExitCode : report.Outcome, Error = error };

    private static AttemptReport ReadResult(SlotScratch scratch, AttemptReport report, ProgramOutcome outcome)
    {
        var (json, error) = outcome.Result is { } result ? ResultFile.Check(Utf8.GetBytes(result)) : ResultFile.Read(scratch.Result);
        return error is null || report.Outcome != AttemptOutcome.Succeeded ? report with { Result = json } : Failed(report, error);
    }

    private static AttemptReport CheckOutputs(SlotScratch scratch, AttemptReport report, bool hasOutputs)
    {
        if (report.Outcome != AttemptOutcome.Succeeded)
            return report;
        if (!scratch.HasOutputDirectory())
        {
            return Failed(
                report, "The program moved away, removed or replaced its output directory, so its outputs are lost; let it write into the directory that DBATCH_OUT names and leave that in place.");
        }

        if (!hasOutputs)
            return report;
        var check = OutputCheck.Of(scratch.Out);
        if (check.LeftOut.Count > 0)
            File.AppendAllLines(scratch.Stderr, check.LeftOut.Select(line => $"dbatch: {line}"), Utf8);
        return check.Error is { } error ? Failed(report, error) : report;
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
        var name = template.LogOf(attempt.Chunk.Index, attempt.Number);
        if (!uploader.HasServer)
            Directory.CreateDirectory(template.LogRoot);
        if (stdout > 0)
            logs.Store(scratch.Stdout, uploader.HasServer ? scratch.Stdout + Kept : name + ".out");
        if (stderr > 0)
            logs.Store(scratch.Stderr, uploader.HasServer ? scratch.Stderr + Kept : name + ".err");
        return report;
    }

    private static void Promote(ActiveAttempt attempt, JobTemplate template, bool hasOutputs)
    {
        var scratch = attempt.Scratch;
        if (!hasOutputs)
        {
            if (!attempt.MayBeDuplicated)
                OutputPromotion.Remove(template.OutputRoot, attempt.Chunk.Index);
            return;
        }

        OutputPromotion.Promote(scratch.Out, template.OutputRoot, attempt.Chunk.Index, replace: !attempt.MayBeDuplicated);
        if (!Directory.Exists(scratch.Out))
            scratch.OutputsMoved();
    }

    // A killed process may have left the logs of an attempt with the same number, and this one may have written to one stream only.
    private static void DeleteEarlierLogs(string name)
    {
        File.Delete(name + ".out");
        File.Delete(name + ".err");
    }

    private List<(string Name, string Path)> FilesToUpload(SlotScratch scratch, JobTemplate template, AttemptReport report, bool hasOutputs)
    {
        var files = new List<(string Name, string Path)>();
        if (!uploader.HasServer)
            return files;
        if (report is { StdoutBytes: > 0, Stdout: null })
            files.Add(("logs/out", scratch.Stdout + Kept));
        if (report is { StderrBytes: > 0, Stderr: null })
            files.Add(("logs/err", scratch.Stderr + Kept));
        if (hasOutputs && report.Outcome == AttemptOutcome.Succeeded && Uploads(template))
            files.Add(("out", scratch.Out));
        return files;
    }

    // Whatever happens here is no fault of the attempt: its report is made.
    private void Clear(SlotScratch scratch, bool hasOutputs, bool hasItems, bool stragglers)
    {
        try
        {
            if (!stragglers)
            {
                scratch.Clear(hasOutputs, hasItems);
                if (uploader.HasServer)
                {
                    File.Delete(scratch.Stdout + Kept);
                    File.Delete(scratch.Stderr + Kept);
                }

                return;
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next attempt gets other files.
        }

        scratch.Renew();
    }
}
