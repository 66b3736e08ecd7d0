using System.Diagnostics;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>Runs the program in a process of its own with .NET's process class, for comparison with warm start.</summary>
internal sealed class PlainProcessRunner : IProgramRunner
{
    private int runs;

    public int Runs => runs;

    public async Task<ProgramOutcome> RunAsync(ProgramStart start, CancellationToken stop)
    {
        Interlocked.Increment(ref runs);
        var info = new ProcessStartInfo(start.Command[0], start.Command.Skip(1))
        {
            WorkingDirectory = start.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment.Clear();
        foreach (var (name, value) in start.Environment)
            info.Environment[name] = value;
        using var process = Process.Start(info)!;
        await process.StandardInput.BaseStream.WriteAsync(start.Stdin, CancellationToken.None);
        process.StandardInput.Close();
        await using (var output = File.Create(start.StdoutPath))
        await using (var errors = File.Create(start.StderrPath))
        {
            await Task.WhenAll(
                process.StandardOutput.BaseStream.CopyToAsync(output, CancellationToken.None),
                process.StandardError.BaseStream.CopyToAsync(errors, CancellationToken.None));
        }

        await process.WaitForExitAsync(CancellationToken.None);

        // .NET reports a signal as 128 and its number.
        return process.ExitCode > 128
            ? new ProgramOutcome.Signalled(process.ExitCode - 128, default)
            : new ProgramOutcome.Exited(process.ExitCode, default);
    }
}
