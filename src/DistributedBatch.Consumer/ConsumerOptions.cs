using System.Reflection;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Warm;

namespace DistributedBatch.Consumer;

/// <summary>Settings of one consumer.</summary>
public sealed class ConsumerOptions
{
    /// <summary>Name of this host, unique in the lab. Default: the machine's name. Two consumers of one name would take each other's broadcasts.</summary>
    public string Host { get; set; } = Environment.MachineName;

    /// <summary>Directory for outputs, logs and scratch. Default <c>.dbatch</c> in the working directory. Outputs move by rename when they stay on its file system.</summary>
    public string DataDirectory { get; set; } = ".dbatch";

    /// <summary>
    /// How many attempts run at once. Null (default) finds the number by measuring. Too low leaves cores idle; too high makes attempts fight for cores and
    /// memory.
    /// </summary>
    public int? Slots { get; set; }

    /// <summary>How long a stopping consumer lets running attempts finish before it stops and releases them. Default 10 min.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The program ends when this consumer had nothing to do for this long; null (default) never does.</summary>
    public TimeSpan? IdleExit { get; set; }

    /// <summary>
    /// How long the broker is assumed to let a delivery be held (<c>consumer_timeout</c>). An attempt that runs for two thirds of it becomes a lease.
    /// Null (default in one process) never leases. Too high: the broker takes long chunks back; too low: a lost host is noticed by heartbeats only.
    /// </summary>
    public TimeSpan? AckTimeout { get; set; }

    /// <summary>Bytes kept of the start of an attempt's standard output, and of its standard error. Default 1 MiB.</summary>
    public long LogHeadBytes { get; set; } = 1 << 20;

    /// <summary>Bytes kept of the end of each. Default 1 MiB; what lies between is left out, with a line that says how much.</summary>
    public long LogTailBytes { get; set; } = 1 << 20;

    /// <summary>How often a heartbeat is sent. Default 5 s; producer and tracker take a host for lost after a multiple of it.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long reports may wait for others before they are sent together. Default 200 ms, which people hardly notice and which spares broker and head most of
    /// the messages about short chunks. Longer: more chunks run twice when the host is lost, and a slot needs more of them ahead.
    /// </summary>
    public TimeSpan ReportDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// How long they may when the slots have little left to do, or when a chunk took longer than <see cref="ReportDelay"/>. Default 10 ms. When a slot has nothing
    /// and cannot get more without them, or no slot works, they are sent at once.
    /// </summary>
    public TimeSpan HurriedReportDelay { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How many reports are sent together at most. Default 200.</summary>
    public int ReportBatch { get; set; } = 200;

    /// <summary>GPUs to use, by number; empty for none, null (default) for all that are found.</summary>
    public IReadOnlyList<int>? Gpus { get; set; }

    /// <summary>Program that tells which NVIDIA cards there are. Default <c>nvidia-smi</c> from PATH.</summary>
    public string NvidiaSmi { get; set; } = "nvidia-smi";

    /// <summary>Program that tells which AMD cards there are, asked where there is no NVIDIA card. Default <c>rocm-smi</c> from PATH.</summary>
    public string RocmSmi { get; set; } = "rocm-smi";

    /// <summary>How warm Python interpreters are kept.</summary>
    public WarmStartOptions WarmStart { get; set; } = new();

    /// <summary>
    /// Address of the tracker that receives outputs and logs; null (default) leaves them in <see cref="DataDirectory"/>, which is right on one machine and
    /// where the lab shares a disk.
    /// </summary>
    public Uri? Server { get; set; }

    /// <summary>Token for <see cref="Server"/>; null sends none.</summary>
    public string? Token { get; set; }

    /// <summary>Names or paths of the programs that may run here; null (default) allows all. Others are refused with a reason and never started.</summary>
    public IReadOnlyList<string>? AllowedPrograms { get; set; }

    /// <summary>PEM file with the authorities to trust for an <c>https://</c> <see cref="Server"/>. Null (default) trusts the system's.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>
    /// Control groups that hold the attempts, which then end without exception with all they started. Null (default) relies on sessions and the environment.
    /// Who opened them closes them, after the consumer.
    /// </summary>
    public AttemptCgroups? Groups { get; set; }

    /// <summary>How the launcher is started.</summary>
    public LauncherOptions Launcher { get; set; } = new();

    /// <summary>Version of the program, for heartbeats.</summary>
    public string Version { get; set; } =
        typeof(ConsumerOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
