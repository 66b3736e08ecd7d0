using System.Globalization;
using CliWrap;
using CliWrap.Buffered;
using DistributedBatch.Cli.Checks;
using DistributedBatch.Cli.State;
using DistributedBatch.Cli.Text;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Resources;

namespace DistributedBatch.Cli.Doctor;

/// <summary>Checks this machine: Python and its libraries, cores, memory, GPUs, clock, isolation, disk.</summary>
internal static class MachineCheck
{
    private const long LowDiskBytes = 2L << 30;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>Prints the version of torch, and whether torch sees a GPU. The import may take seconds.</summary>
    private const string TorchScript = "import torch; print(torch.__version__, torch.cuda.is_available())";

    /// <summary>All findings about this machine.</summary>
    public static async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        findings.AddRange(await PythonAsync(cancellation));
        var machine = new MachineProbe(TimeProvider.System);
        var reading = machine.Read();
        findings.Add(MachineFindings.OfCores(reading.Cores, machine.QuotaCores, MachineProbe.MachineCores));
        findings.AddRange(MachineFindings.OfMemory(reading, machine.MachineMemoryBytes));
        findings.AddRange(MachineFindings.OfGpus(await new GpuProbe().CardsAsync(cancellation)));
        if (MachineFindings.OfClock(await OutputOfAsync("timedatectl", ["show", "--property=NTPSynchronized", "--value"], cancellation)) is { } clock)
            findings.Add(clock);
        findings.Add(MachineFindings.OfIsolation(Isolation()));
        findings.Add(Disk(StateDirectory.DefaultPath(Directory.GetCurrentDirectory())));
        findings.Add(OperatingSystem.IsLinux()
            ? new Finding("system", "good", $"Linux {Environment.OSVersion.Version}: kill -9 of dbatch leaves no program running")
            : new Finding("system", "note", Environment.OSVersion.ToString(), "dbatch works, but kill -9 of dbatch may leave programs running; Linux is the supported system"));
        return findings;
    }

    private static async Task<IReadOnlyList<Finding>> PythonAsync(CancellationToken cancellation)
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        var chosen = Environment.GetEnvironmentVariable("DBATCH_PYTHON") is { Length: > 0 } python ? python : ProgramCheck.Find("python3", path);
        if (chosen is null)
            return [new Finding("python", "note", "no python3 on PATH", "apt-get install python3, or name one with --python PATH")];
        var version = await OutputOfAsync(chosen, "import sys; print(sys.version.split()[0])", cancellation);
        if (version is null)
            return [new Finding("python", "bad", $"{chosen} does not run", "repair it, or name another interpreter with --python PATH or DBATCH_PYTHON")];
        var findings = new List<Finding> { new("python", "good", $"{chosen}, version {version}") };
        if (await OutputOfAsync(chosen, TorchScript, cancellation) is { } torch)
            findings.Add(new Finding("torch", "good", $"version {torch.Split(' ')[0]}, GPU {(torch.EndsWith("True", StringComparison.Ordinal) ? "usable" : "not used")}"));
        else if (chosen != "/usr/bin/python3" && await OutputOfAsync("/usr/bin/python3", TorchScript, cancellation) is { } other)
            findings.Add(new Finding("torch", "note", $"not in {chosen}, but version {other.Split(' ')[0]} is in /usr/bin/python3", "add --python /usr/bin/python3 or set DBATCH_PYTHON"));
        else
            findings.Add(new Finding("torch", "note", $"not in {chosen}", "nothing, unless your job needs torch: apt-get install python3-torch, or pip install torch"));
        return findings;
    }

    private static Task<string?> OutputOfAsync(string interpreter, string program, CancellationToken cancellation) => OutputOfAsync(interpreter, ["-c", program], cancellation);

    private static async Task<string?> OutputOfAsync(string program, string[] arguments, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        try
        {
            var answer = await CliWrap.Cli.Wrap(program).WithArguments(arguments).WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(timeout.Token);
            return answer.IsSuccess ? answer.StandardOutput.Trim() : null;
        }
        catch (Exception failure) when (failure is System.ComponentModel.Win32Exception || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    // The only sure test is to open the control groups; they are closed at once.
    private static IsolationStart Isolation()
    {
        var start = AttemptCgroups.Open();
        if (start is IsolationStart.Ready { Groups: var groups })
            groups.Dispose();
        return start;
    }

    private static Finding Disk(string stateDirectory)
    {
        var existing = stateDirectory;
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing)!;
        try
        {
            var probe = Path.Combine(existing, $".dbatch-doctor-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            var free = new DriveInfo(existing).AvailableFreeSpace;
            return free < LowDiskBytes
                ? new Finding("disk", "note", $"{SizeText.Show(free)} free for {stateDirectory}", "free disk space, or use another directory with --state DIR")
                : new Finding("disk", "good", $"{SizeText.Show(free)} free for {stateDirectory}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new Finding("disk", "bad", $"{stateDirectory} cannot be written: {failure.Message}", "use another directory with --state DIR");
        }
    }
}
