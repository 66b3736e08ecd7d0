using System.Security.Cryptography;
using System.Text;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>
/// What two chunks must have in common to come from one zygote: interpreter, flags, script or module, working directory and every variable that
/// libraries may have read while they were imported (<c>PYTHON*</c>, <c>LD_*</c>, <c>OMP_*</c>, <c>HOME</c> and so on). That is all of the environment
/// but what belongs to the single chunk.
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

    /// <summary>Interpreter, flags and script; the arguments are those of the chunk that came first.</summary>
    public PythonCommand Command { get; }

    /// <summary>Working directory.</summary>
    public string Directory { get; }

    /// <summary>The environment without what is a chunk's own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>The key of a start.</summary>
    public static ZygoteKey Of(PythonCommand command, ProgramStart start)
    {
        var environment = start.Environment.Where(pair => !IsOfChunk(pair.Key)).ToDictionary(StringComparer.Ordinal);
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string text)
        {
            sum.AppendData(Encoding.UTF8.GetBytes(text));
            sum.AppendData([0]);
        }

        foreach (var word in (string[])[.. command.Interpreter, "", .. command.Flags, "", command.Script ?? "", command.Module ?? "", start.WorkingDirectory])
            Add(word);
        foreach (var (name, value) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Add($"{name}={value}");
        return new ZygoteKey(command, start.WorkingDirectory, environment, Convert.ToHexString(sum.GetHashAndReset()));
    }

    /// <summary>Whether a variable is a chunk's own.</summary>
    public static bool IsOfChunk(string name) =>
        name.StartsWith("DBATCH_", StringComparison.Ordinal) || name is "CONSUMER_WORKER" or "TRACEPARENT" || GpuVariables.NamesCards(name);

    /// <inheritdoc/>
    public bool Equals(ZygoteKey? other) => other is not null && hash == other.hash;

    /// <inheritdoc/>
    public override int GetHashCode() => hash.GetHashCode(StringComparison.Ordinal);

    /// <summary>The script or module, for people.</summary>
    public override string ToString() => Command.Script ?? "-m " + Command.Module;
}
