namespace DistributedBatch.Cli.Settings;

/// <summary>All settings of <c>dbatch run</c> and <c>dbatch submit</c>. Options, variables, file keys and help come from this table.</summary>
internal static class RunSettings
{
    /// <summary>Settings that name a dataset. Only the highest layer that has one of them counts, so that <c>--items</c> replaces the <c>total</c> of a file.</summary>
    public static readonly IReadOnlyList<string> DatasetKeys = ["total", "items", "glob", "sweep", "table"];

    /// <summary>Keys of a job file besides the settings.</summary>
    public static readonly IReadOnlyList<string> JobFileKeys = ["command", "dataset"];

    /// <summary>Keys of a config file besides the settings.</summary>
    public static readonly IReadOnlyList<string> ConfigKeys =
        ["server", "token", "broker", "ca", "broker-ca", "host-name", "tls-cert", "tls-key", "signing-key", "trust", "allow-programs", "gpus", "idle-exit", "drain", "ack-timeout", "roles", "listen", "database", "keep", "data", "notify-local"];

    /// <summary>The settings in the order the help shows them.</summary>
    public static readonly IReadOnlyList<Setting> All =
    [
        new("total", "N", "dataset: the numbers 0 to N-1"),
        new("first", "S", "first number to process (with --total); default 0"),
        new("items", "FILE", "dataset: the lines of FILE ('-' is standard input); empty lines are skipped"),
        new("glob", "PATTERN", "dataset: the paths that match, in ordinal order; ** crosses directories; quote it", SettingKind.Many),
        new("sweep", "NAME=A,B,C", "dataset: every combination of the parameters' values; repeat for more parameters", SettingKind.Many),
        new("table", "FILE.csv", "dataset: the rows of a CSV file with a header; columns are placeholders"),
        new("name", "NAME", "name of the run; the same command with the same name resumes it; default: the program's name"),
        new("chunk", "K|auto", "items per chunk, the last chunk has the remainder; auto: found by measuring; default 1"),
        new("slots", "N|auto", "attempts at once; auto: found by measuring; default auto"),
        new("retries", "N", "further attempts after a chunk's first failed one; default 2"),
        new("retry-delay", "TIME", "wait before the second attempt, doubled for each further one; default 1s"),
        new("timeout", "TIME", "stop an attempt after this time, such as 90s, 5m, 1h30m; default: no limit"),
        new("grace", "TIME", "time between SIGTERM and SIGKILL; default 10s"),
        new("max-failures", "N", "cancel the run when more than N chunks have failed; default: never"),
        new("env", "K=V", "environment variable of the attempts; repeat for more", SettingKind.Pairs),
        new("env-secret", "NAME", "environment variable of the attempts with its current value, which is shown nowhere; repeat for more", SettingKind.Many),
        new("cwd", "DIR", "working directory of the command; default: the current directory"),
        new("stdin", "TEXT", "standard input of an attempt, with placeholders, byte for byte; default: empty"),
        new("gpu", "N|auto", "GPUs of an attempt, may be a fraction; auto: one, shared by as many attempts as fit its memory; default 0"),
        new("memory", "SIZE", "memory reserved for an attempt, such as 512M or 4G; default: measured"),
        new("isolation", "session|cgroup", "how this machine contains the processes of an attempt; cgroup needs a writable control group; default session"),
        new("out", "DIR", "directory for the outputs, one folder per succeeded chunk; default: inside the state directory"),
        new("before", "COMMAND", "command to run here once before the first chunk; {out} is the directory of the outputs", SettingKind.Command),
        new("after", "COMMAND", "command to run here once after all chunks have succeeded; {out} is the directory of the outputs", SettingKind.Command),
        new("warm", "auto|fork|keep|off", "how Python starts: auto, fork (imports once), keep (one process for many chunks), off; default auto"),
        new("python", "PATH", "interpreter for a command that starts with python; default: the first one on PATH"),
        new("conda", "NAME", "conda environment of the command, name or directory; default: none"),
        new("venv", "DIR", "virtual environment of the command; default: none"),
        new("weight", "N", "share of the slots when several runs are active; default 1"),
        new("priority", "N", "runs of higher priority go first; default 0"),
        new("crash-limit", "N", "lost hosts after which a chunk fails; default 5"),
        new("notify", "URL", "notified when the run ends, stalls or chunks fail: https://… (JSON) or ntfy://host/topic"),
        new("notify-failures", "N", "notify once after this many failed chunks; 0: never; default 1"),
        new("state", "DIR", "state directory of dbatch run; default .dbatch"),
    ];

    private static readonly Dictionary<string, Setting> ByKey = All.ToDictionary(setting => setting.Key, StringComparer.Ordinal);

    /// <summary>The setting called <paramref name="key"/>, or null.</summary>
    public static Setting? Find(string key) => ByKey.GetValueOrDefault(key);
}
