using System.Security.Cryptography;
using System.Text;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm.Python;

namespace DistributedBatch.Consumer.Warm.Fork;

/// <summary>
/// Identifies a zygote. Chunks with the same key can be forked from the same zygote. The key is interpreter, flags, script or module, working
/// directory and the environment, because libraries read variables while they are imported (<c>PYTHON*</c>, <c>LD_*</c>, <c>OMP_*</c>, <c>HOME</c>).
/// Variables of the single chunk are left out.
/// </summary>
internal sealed record ZygoteKey
{
    private readonly string hash;

    private ZygoteKey(PythonCommand command, string directory, IReadOnlyDictionary<string, string> environment, string hash)
    {
        Command = command;
        Directory = directory;
        Environment = environment;
        this.hash = hash;
    }

    /// <summary>Interpreter, flags and script. Its arguments, those of the first chunk, do not count.</summary>
    public PythonCommand Command { get; }

    /// <summary>Working directory.</summary>
    public string Directory { get; }

    /// <summary>The environment without the variables of a chunk.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>The key of a start.</summary>
    public static ZygoteKey Of(PythonCommand command, ProgramStart start)
    {
        var environment = start.Environment.Where(pair => !IsChunkVariable(pair.Key)).ToDictionary(StringComparer.Ordinal);
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string text)
        {
            digest.AppendData(Encoding.UTF8.GetBytes(text));
            digest.AppendData([0]);
        }

        foreach (var word in (string[])[.. command.Interpreter, "", .. command.Flags, "", command.Script ?? "", command.Module ?? "", start.WorkingDirectory])
            Add(word);
        foreach (var (name, value) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Add($"{name}={value}");
        return new ZygoteKey(command, start.WorkingDirectory, environment, Convert.ToHexString(digest.GetHashAndReset()));
    }

    /// <summary>Whether a variable belongs to a single chunk.</summary>
    public static bool IsChunkVariable(string name) =>
        name.StartsWith("DBATCH_", StringComparison.Ordinal) || name is "CONSUMER_WORKER" or "TRACEPARENT" || GpuVariables.SelectsCards(name);

    /// <inheritdoc/>
    public bool Equals(ZygoteKey? other) => other is not null && hash == other.hash;

    /// <inheritdoc/>
    public override int GetHashCode() => hash.GetHashCode(StringComparison.Ordinal);

    /// <summary>The script or module, for messages.</summary>
    public override string ToString() => Command.Script ?? "-m " + Command.Module;
}
