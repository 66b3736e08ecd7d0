using System.Buffers;
using System.Text.Json;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm.Python;

namespace DistributedBatch.Consumer.Warm.Keep;

/// <summary>
/// Writes requests to one kept interpreter. A request has only what changed since the previous one, because an environment of forty variables would
/// cost more than a short chunk.
/// </summary>
/// <param name="environment">The environment that the interpreter was started with.</param>
internal sealed class KeepRequest(IReadOnlyDictionary<string, string> environment) : IDisposable
{
    private readonly Dictionary<string, string> sent = new(environment, StringComparer.Ordinal);
    private readonly ArrayBufferWriter<byte> buffer = new(1024);
    private readonly Utf8JsonWriter json = new(Stream.Null);
    private IReadOnlyDictionary<string, string>? shared;
    private int ownCount;
    private string stdout = "";
    private string stderr = "";
    private IReadOnlyList<string>? arguments;

    /// <summary>The request for a chunk, one JSON line; valid until the next call.</summary>
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
        if (variables is AttemptEnvironment layered && ReferenceEquals(layered.Shared, shared) && layered.Own.Count == ownCount)
        {
            foreach (var (name, value) in layered.Own)
                WriteChange(name, value);
            json.WriteEndObject();
            return;
        }

        foreach (var (name, value) in variables)
            WriteChange(name, value);
        json.WriteEndObject();
        shared = (variables as AttemptEnvironment)?.Shared;
        ownCount = (variables as AttemptEnvironment)?.Own.Count ?? 0;
        if (sent.Count == variables.Count)
            return;
        json.WriteStartArray("unset"u8);
        foreach (var name in sent.Keys.Where(name => !variables.ContainsKey(name)).ToList())
        {
            json.WriteStringValue(name);
            sent.Remove(name);
        }

        json.WriteEndArray();
    }

    private void WriteChange(string name, string value)
    {
        if (sent.TryGetValue(name, out var before) && before == value)
            return;
        sent[name] = value;
        json.WriteString(name, value);
    }

    // Without column names, each item is a text. With column names, each item is an object.
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
