namespace DistributedBatch.Consumer.Tests.Gpus;

/// <summary>A program with the output format of <c>rocm-smi</c>, and cards and processes that a test sets.</summary>
internal sealed class FakeRocmSmi : IDisposable
{
    private readonly TempDirectory files = new();

    public FakeRocmSmi() => Path = Programs.Script(
        files,
        "rocm-smi",
        $"""
        echo "$*" >> {files["asked"]}
        case "$*" in
        *--showmeminfo*) echo "WARNING: AMD GPU device(s) is/are in a low-power state. Check power control/runtime_status"; cat {files["cards"]} ;;
        *--showpids*) cat {files["processes"]} ;;
        esac
        """);

    /// <summary>Path of the program.</summary>
    public string Path { get; }

    /// <summary>How often it was started with <paramref name="option"/>.</summary>
    public int Asked(string option) => File.Exists(files["asked"]) ? File.ReadAllLines(files["asked"]).Count(line => line.Contains(option, StringComparison.Ordinal)) : 0;

    /// <summary>Sets the cards, of 32 GiB each.</summary>
    public void Cards(params FakeCard[] cards) => Put("cards", string.Join(", ", cards.Select((card, number) => card.Show(number))));

    /// <summary>Sets the one process that holds memory.</summary>
    public void Process(int process, long bytes) => Put("processes", $$"""
        "system": {"PID{{process}}": "python3, 1, {{bytes}}, 0, unknown"}
        """);

    public void Dispose() => files.Dispose();

    // Replaced in one step, because the consumer may start the program at any moment.
    private void Put(string name, string members) => File.Move(files.Write(name + ".new", $"{{{members.Trim()}}}\n"), files[name], overwrite: true);
}

/// <summary>A card of <see cref="FakeRocmSmi"/>.</summary>
/// <param name="Node">The node by which HIP numbers cards; null as before ROCm 6.2.</param>
/// <param name="UsedBytes">Memory in use, in bytes; null for a faulty card.</param>
internal sealed record FakeCard(int? Node = null, long? UsedBytes = 10 << 20)
{
    /// <summary>The card as rocm-smi shows it.</summary>
    public string Show(int number)
    {
        List<string> members = [$"\"Card Series\": \"Fake {number}\"", "\"Unique ID\": \"N/A\""];
        if (UsedBytes is { } used)
            members.AddRange([$"\"VRAM Total Memory (B)\": \"{32L << 30}\"", $"\"VRAM Total Used Memory (B)\": \"{used}\""]);
        if (Node is { } node)
            members.Add($"\"Node ID\": \"{node}\"");
        return $"\"card{number}\": {{{string.Join(", ", members)}}}";
    }
}
