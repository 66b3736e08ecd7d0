namespace DistributedBatch.Cli.Options;

/// <summary>Every setting of <c>dbatch run</c> and <c>dbatch submit</c>, once: options, variables, file keys and help are made from this table.</summary>
internal static class RunSettings
{
    /// <summary>Settings that name a dataset. The highest layer that has one of them decides alone, so that <c>--items</c> replaces a file's <c>total</c>.</summary>
    public static readonly IReadOnlyList<string> DatasetKeys = ["total", "items", "glob", "sweep", "table"];

    /// <summary>Keys a job file may have besides the settings.</summary>
    public static readonly IReadOnlyList<string> JobFileKeys = ["command", "before", "after", "dataset"];

    /// <summary>Keys a config file may have besides the settings.</summary>
    public static readonly IReadOnlyList<string> ConfigKeys =
        ["server", "token", "broker", "ca", "broker-ca", "host-name", "tls-cert", "tls-key", "signing-key", "trust", "allow-programs"];

    /// <summary>The settings in the order the help shows them.</summary>
    public static readonly IReadOnlyList<Setting> All =
    [
        new("total", "N", "dataset: the numbers 0 to N-1"),
        new("first", "S", "first number to process (with --total); default 0"),
        new("items", "FILE", "dataset: the lines of FILE ('-' is standard input); empty lines are skipped"),
        new("glob", "PATTERN", "dataset: the paths that match, in ordinal order; ** crosses directories; quote it", SettingKind.Many),
        new("sweep", "NAME=A,B,C", "dataset: every combination of the parameters' values; repeat for more parameters", SettingKind.Many),
        new("table", "FILE.csv", "dataset: the rows of a CSV file with a header; columns are placeholders"),
        new("name", "NAME", "name of the run; the same command with the same name continues; default: the program's name"),
        new("chunk", "K|auto", "items per attempt, the last chunk takes the remainder; auto measures and decides; default 1"),
        new("slots", "N|auto", "attempts at once; auto measures and decides; default auto"),
        new("retries", "N", "more attempts after a chunk's first failed one; default 2"),
        new("retry-delay", "TIME", "wait before the second attempt, doubles for each further one; default 1s"),
        new("timeout", "TIME", "stop an attempt that runs longer, such as 90s, 5m, 1h30m; default: no limit"),
        new("grace", "TIME", "time between SIGTERM and SIGKILL; default 10s"),
        new("max-failures", "N", "cancel the run as soon as more than N chunks failed for good; default: never"),
        new("env", "K=V", "variable for the attempts; repeat for more", SettingKind.Pairs),
        new("env-secret", "NAME", "variable for the attempts, with its value here and now; shown nowhere; repeat for more", SettingKind.Many),
        new("cwd", "DIR", "working directory of the command; default: where you stand"),
        new("stdin", "TEXT", "text for standard input, with placeholders, byte for byte; default: empty"),
        new("gpu", "N|auto", "GPUs an attempt leases, may be a fraction; auto: one, shared by as many attempts as its memory was seen to hold; default 0"),
        new("memory", "SIZE", "memory an attempt reserves, such as 512M or 4G; default: learned"),
        new("isolation", "session|cgroup", "what keeps an attempt's processes together on this machine; cgroup needs a control group of ours; default session"),
        new("out", "DIR", "receives one folder per succeeded chunk; default: inside the state directory"),
        new("warm", "auto|fork|keep|off", "how much of a Python start is paid once; default auto"),
        new("python", "PATH", "interpreter where the command says python; default: the first one on PATH"),
        new("conda", "NAME", "conda environment the command runs in, by name or directory; default: none"),
        new("venv", "DIR", "virtual environment the command runs in; default: none"),
        new("weight", "N", "share of the slots when several runs are on; default 1"),
        new("priority", "N", "runs of higher priority go first; default 0"),
        new("crash-limit", "N", "hosts a chunk may take down before it is failed; default 5"),
        new("notify", "URL", "told when the run ends, stalls or chunks fail: https://… (JSON) or ntfy://host/topic"),
        new("notify-failures", "N", "failed chunks before notify is told of them, once; 0 never; default 1"),
        new("state", "DIR", "state directory of dbatch run; default .dbatch"),
    ];

    private static readonly Dictionary<string, Setting> ByKey = All.ToDictionary(setting => setting.Key, StringComparer.Ordinal);

    /// <summary>The setting called <paramref name="key"/>, or null.</summary>
    public static Setting? Find(string key) => ByKey.GetValueOrDefault(key);
}
