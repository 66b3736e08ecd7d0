using System.Reflection;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Launcher;
using DistributedBatch.Consumer.Warm.Fork;

namespace DistributedBatch.Consumer;

/// <summary>Settings of one consumer.</summary>
public sealed class ConsumerOptions
{
    /// <summary>Name of this host, unique in the lab. Default: the machine's name. The second of two consumers with one name is refused.</summary>
    public string Host { get; set; } = Environment.MachineName;

    /// <summary>Directory for outputs, logs and scratch. Default <c>.dbatch</c>. Outputs on the same file system are moved by rename.</summary>
    public string DataDirectory { get; set; } = ".dbatch";

    /// <summary>
    /// How many attempts run at the same time. Null (default) finds the number by measuring. Too low: cores are idle. Too high: attempts compete for
    /// cores and memory.
    /// </summary>
    public int? Slots { get; set; }

    /// <summary>How long a stopping consumer lets running attempts finish before it stops and releases them. Default 10 min.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The program ends when this consumer had no attempt for this long. Null (default): it never ends by itself.</summary>
    public TimeSpan? IdleExit { get; set; }

    /// <summary>
    /// How long the broker lets a delivery be unacknowledged (<c>consumer_timeout</c>). After two thirds of it, the chunk of a running attempt
    /// becomes a lease. Null (default): never. Too high: the broker takes long chunks back. Too low: only missing heartbeats show that a host was
    /// lost.
    /// </summary>
    public TimeSpan? AckTimeout { get; set; }

    /// <summary>Bytes kept of the start of an attempt's standard output, and of its standard error. Default 1 MiB.</summary>
    public long LogHeadBytes { get; set; } = 1 << 20;

    /// <summary>Bytes kept of the end of each. Default 1 MiB. The bytes between are left out, and a line says how many.</summary>
    public long LogTailBytes { get; set; } = 1 << 20;

    /// <summary>Time between two heartbeats. Default 5 s. Producer and tracker consider a host lost after a multiple of it.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a host that starts waits for the producer's list of cancelled and paused runs, before it takes chunks without that list. Default 5 s. Within one process
    /// it does not wait. Too low: chunks of cancelled runs may run. Too high: a host starts late while there is no producer.
    /// </summary>
    public TimeSpan JoinTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether the program ends when the producer refuses this host, because another one has its name. True (default) for a consumer. False for a head that has a consumer
    /// too: then the head goes on, and only its consumer takes no chunks.
    /// </summary>
    public bool EndsWhenRefused { get; set; } = true;

    /// <summary>
    /// How long a report may wait for others, to be sent with them in one message. Default 200 ms: people hardly notice it, and it saves most of the
    /// messages about short chunks. Longer: more chunks run twice when the host is lost, and slots need more chunks ahead.
    /// </summary>
    public TimeSpan ReportDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The same, when slots have few chunks left or a chunk took longer than <see cref="ReportDelay"/>. Default 10 ms. When a slot waits for a chunk
    /// and a report may bring it, reports are sent at once.
    /// </summary>
    public TimeSpan HurriedReportDelay { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The most reports in one message. Default 200.</summary>
    public int ReportBatch { get; set; } = 200;

    /// <summary>Numbers of the GPUs to use; empty for none, null (default) for all that are found.</summary>
    public IReadOnlyList<int>? Gpus { get; set; }

    /// <summary>Program that lists NVIDIA cards. Default <c>nvidia-smi</c> from PATH.</summary>
    public string NvidiaSmi { get; set; } = "nvidia-smi";

    /// <summary>Program that lists AMD cards, used when there is no NVIDIA card. Default <c>rocm-smi</c> from PATH.</summary>
    public string RocmSmi { get; set; } = "rocm-smi";

    /// <summary>How warm Python interpreters are kept.</summary>
    public WarmStartOptions WarmStart { get; set; } = new();

    /// <summary>
    /// Address of the tracker that receives outputs and logs. Null (default) leaves them in <see cref="DataDirectory"/>, for one machine or a lab
    /// with a shared disk.
    /// </summary>
    public Uri? Server { get; set; }

    /// <summary>Token for <see cref="Server"/>; null sends none.</summary>
    public string? Token { get; set; }

    /// <summary>Names or paths of the programs that may run on this host; null (default) allows all. Other programs are refused with a reason.</summary>
    public IReadOnlyList<string>? AllowedPrograms { get; set; }

    /// <summary>PEM file with the authorities to trust for an <c>https://</c> <see cref="Server"/>. Null (default) trusts those of the system.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>
    /// Control groups for the attempts: no process can leave its group, so all end with their attempt. Null (default) finds processes by session and
    /// environment. Whoever opened the groups closes them, after the consumer.
    /// </summary>
    public AttemptCgroups? Groups { get; set; }

    /// <summary>How the launcher is started.</summary>
    public LauncherOptions Launcher { get; set; } = new();

    /// <summary>Version of the program, for heartbeats.</summary>
    public string Version { get; set; } =
        typeof(ConsumerOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
