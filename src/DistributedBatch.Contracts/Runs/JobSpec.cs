namespace DistributedBatch.Contracts.Runs;

/// <summary>The consumer's half of a run: what one attempt executes. Travels with every chunk.</summary>
public sealed record JobSpec
{
    /// <summary>Program and arguments, never a shell line; placeholders such as <c>{start}</c> are filled per attempt.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Text for standard input, with placeholders, written byte for byte and followed by end of file; null gives an empty input.</summary>
    public string? Stdin { get; init; }

    /// <summary>Working directory of the attempts; null is the consumer's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Variables added to the environment of the attempts.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Variables like <see cref="Env"/> whose values are nobody's business: they travel to the hosts and are shown nowhere. Null (default) for none.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Secrets { get; init; }

    /// <summary>Wall time of one attempt; null (default) for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Time between SIGTERM and SIGKILL on timeout or cancel. Default 10 s.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>GPUs an attempt leases; may be a fraction. Default 0: none.</summary>
    public double Gpus { get; init; }

    /// <summary>Whether attempts of the run may share the card they lease, as many as their measured memory allows. Default false.</summary>
    public bool SharesGpu { get; init; }

    /// <summary>Memory an attempt reserves, in bytes; null lets the consumer learn it.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Warm start of Python. Default <see cref="WarmMode.Auto"/>.</summary>
    public WarmMode Warm { get; init; } = WarmMode.Auto;

    /// <summary>Interpreter to use where the command says <c>python</c>; null takes the first one that is on PATH.</summary>
    public string? Python { get; init; }

    /// <summary>
    /// Conda environment the command runs in, by name or, with a slash in it, by directory; looked up on the host that runs the chunk, where conda may be
    /// installed elsewhere than here. Null for none.
    /// </summary>
    public string? Conda { get; init; }

    /// <summary>Directory of the virtual environment the command runs in; null for none.</summary>
    public string? Venv { get; init; }

    /// <summary>
    /// Directory that receives one folder per chunk with what the attempts left in <c>DBATCH_OUT</c>; null is <c>runs/RUN/out</c> under the
    /// consumer's or tracker's data directory.
    /// </summary>
    public string? OutputDirectory { get; init; }
}
