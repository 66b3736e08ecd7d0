using System.Buffers;
using System.Text.Json;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>
/// Writes requests to one kept interpreter. Only what changed since the last one is said, because an environment of forty variables would cost more
/// than a short chunk does.
/// </summary>
/// <param name="environment">What the interpreter was started with.</param>
internal sealed class KeepRequest(IReadOnlyDictionary<string, string> environment) : IDisposable
{
    private readonly Dictionary<string, string> told = new(environment, StringComparer.Ordinal);
    private readonly ArrayBufferWriter<byte> buffer = new(1024);
    private readonly Utf8JsonWriter json = new(Stream.Null);
    private IReadOnlyDictionary<string, string>? shared;
    private int own;
    private string stdout = "";
    private string stderr = "";
    private IReadOnlyList<string>? arguments;

    /// <summary>The request for a chunk, a JSON line; valid until the next call.</summary>
    /// <param name="start">The chunk.</param>
    /// <param name="command">Its command.</param>
    public ReadOnlyMemory<byte> For(ProgramStart start, PythonCommand command)
    {
        buffer.ResetWrittenCount();
        json.Reset(buffer);
        json.WriteStartObject();
        json.WriteNumber("start"u8, start.Start);
        json.WriteNumber("count"u8, start.Count);
        WriteVariables(start.Environment);
        if (arguments is null || !arguments.SequenceEqual(command.Arguments))
        {
            arguments = command.Arguments;
            json.WriteStartArray("args"u8);
            foreach (var argument in arguments)
                json.WriteStringValue(argument);
            json.WriteEndArray();
        }

        if (stdout != start.StdoutPath)
            json.WriteString("out"u8, stdout = start.StdoutPath);
        if (stderr != start.StderrPath)
            json.WriteString("err"u8, stderr = start.StderrPath);
        if (start.Items is { } items)
            WriteItems(items, start.Columns);
        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    /// <inheritdoc/>
    public void Dispose() => json.Dispose();

    private void WriteVariables(IReadOnlyDictionary<string, string> variables)
    {
        json.WriteStartObject("set"u8);
        if (variables is AttemptEnvironment layered && ReferenceEquals(layered.Shared, shared) && layered.Own.Count == own)
        {
            foreach (var (name, value) in layered.Own)
                Tell(name, value);
            json.WriteEndObject();
            return;
        }

        foreach (var (name, value) in variables)
            Tell(name, value);
        json.WriteEndObject();
        shared = (variables as AttemptEnvironment)?.Shared;
        own = (variables as AttemptEnvironment)?.Own.Count ?? 0;
        if (told.Count == variables.Count)
            return;
        json.WriteStartArray("unset"u8);
        foreach (var name in told.Keys.Where(name => !variables.ContainsKey(name)).ToList())
        {
            json.WriteStringValue(name);
            told.Remove(name);
        }

        json.WriteEndArray();
    }

    private void Tell(string name, string value)
    {
        if (told.TryGetValue(name, out var before) && before == value)
            return;
        told[name] = value;
        json.WriteString(name, value);
    }

    // One column without a name is a text per item, as in a list; columns make each item a row by name.
    private void WriteItems(IReadOnlyList<IReadOnlyList<string>> items, IReadOnlyList<string>? columns)
    {
        json.WriteStartArray("items"u8);
        foreach (var item in items)
        {
            if (columns is null)
            {
                json.WriteStringValue(item[0]);
                continue;
            }

            json.WriteStartObject();
            for (var column = 0; column < columns.Count; column++)
                json.WriteString(columns[column], item[column]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
