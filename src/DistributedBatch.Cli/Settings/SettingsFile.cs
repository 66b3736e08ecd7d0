using System.Text;
using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Jobs;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace DistributedBatch.Cli.Settings;

/// <summary>
/// Reads a YAML file of settings: a job file, or the user's config file. Keys are the names of the options. Relative paths start at the directory of the
/// file. Every mistake becomes a sentence with the line.
/// </summary>
/// <param name="file">The file, as the user named it.</param>
/// <param name="keys">Valid keys besides the settings of a run.</param>
/// <param name="mistakes">Receives one sentence for each mistake.</param>
internal sealed class SettingsFile(string file, IReadOnlyList<string> keys, List<string> mistakes)
{
    private static readonly string[] DatasetKeys = [.. RunSettings.DatasetKeys, "first"];

    // Throws on bytes that are not UTF-8: a replaced letter would name another file.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, SettingValue> layer = new(StringComparer.Ordinal);
    private readonly string directory = Path.GetDirectoryName(Path.GetFullPath(HomePath.Expand(file)))!;

    /// <summary>The settings in the file; empty when the file cannot be read.</summary>
    public IReadOnlyDictionary<string, SettingValue> Read()
    {
        if (Load() is not { } document)
            return layer;
        if (document is not YamlMappingNode root)
        {
            mistakes.Add($"{file} must hold lines such as 'chunk: 10'; its content is something else.");
            return layer;
        }

        var known = RunSettings.All.Select(setting => setting.Key).Concat(keys).ToList();
        foreach (var (keyNode, value) in root.Children)
        {
            var key = Scalar(keyNode) ?? "";
            if (!known.Contains(key))
                mistakes.Add($"{file} line {keyNode.Start.Line}: there is no key '{key}'{NearestTo(key, known)}");
            else if (key == "dataset")
                ReadDataset(value);
            else
                Add(key, value);
        }

        return layer;
    }

    private YamlNode? Load()
    {
        try
        {
            using var reader = new StreamReader(HomePath.Expand(file), Utf8);
            var stream = new YamlStream();
            stream.Load(reader);
            return stream.Documents.Count > 0 ? stream.Documents[0].RootNode : new YamlMappingNode();
        }
        catch (DecoderFallbackException)
        {
            mistakes.Add($"{file} is not UTF-8 text; convert it first, for instance with iconv -t UTF-8.");
        }
        catch (YamlException failure)
        {
            var inner = failure.InnerException?.Message ?? failure.Message;
            mistakes.Add($"{file} line {failure.Start.Line} is not YAML: {inner.TrimEnd('.')}. Texts with braces or colons need quotes: '{{start}},{{count}}'.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            mistakes.Add(failure is FileNotFoundException or DirectoryNotFoundException ? $"There is no file {file}." : $"Cannot read {file}: {failure.Message}");
        }

        return null;
    }

    private void ReadDataset(YamlNode node)
    {
        if (node is not YamlMappingNode mapping)
        {
            mistakes.Add($"{file} line {node.Start.Line}: dataset must have one of the keys {string.Join(", ", DatasetKeys)} below it.");
            return;
        }

        foreach (var (keyNode, value) in mapping.Children)
        {
            var key = Scalar(keyNode) ?? "";
            if (DatasetKeys.Contains(key))
                Add(key, value);
            else
                mistakes.Add($"{file} line {keyNode.Start.Line}: there is no key '{key}' in dataset{NearestTo(key, DatasetKeys)}");
        }
    }

    private void Add(string key, YamlNode node)
    {
        var origin = $"{key} ({file}, line {node.Start.Line})";
        var texts = TextsOf(key, node);
        if (texts is null)
            mistakes.Add($"{origin}: {Expected(key)}");
        else
            layer[key] = new SettingValue(texts, origin, directory, node is YamlSequenceNode);
    }

    private static string Expected(string key) => RunSettings.Find(key)?.Kind switch
    {
        SettingKind.Many => "must be a text or a list of texts.",
        SettingKind.Pairs => "must have lines such as 'KEY: value' below it.",
        _ when IsCommand(key) => "must be a list of words, such as [python3, script.py, \"{start}\"], or the command as one text.",
        _ => "must be one text or number.",
    };

    private static List<string>? TextsOf(string key, YamlNode node) => (node, RunSettings.Find(key)?.Kind) switch
    {
        (YamlMappingNode pairs, SettingKind.Pairs) => All(pairs.Children, pair => Scalar(pair.Value) is { } text ? $"{Scalar(pair.Key)}={text}" : null),
        (YamlMappingNode parameters, _) when key == "sweep" => All(parameters.Children, ParameterOf),
        (YamlSequenceNode list, SettingKind.Many or SettingKind.Pairs) => All(list.Children, Scalar),
        (YamlSequenceNode list, _) when key == "items" || IsCommand(key) => All(list.Children, Scalar),
        _ => Scalar(node) is { } text ? [text] : null,
    };

    // The values of a sweep become one line of comma-separated values, so that flag and file share one reader.
    private static string? ParameterOf(KeyValuePair<YamlNode, YamlNode> parameter)
    {
        var values = parameter.Value is YamlSequenceNode list ? All(list.Children, Scalar) : Scalar(parameter.Value) is { } one ? [one] : null;
        return values is null
            ? null
            : $"{Scalar(parameter.Key)}={string.Join(',', values.Select(value => $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\""))}";
    }

    private static bool IsCommand(string key) => key == "command" || RunSettings.Find(key)?.Kind == SettingKind.Command;

    /// <summary>The text of a node. YAML reads an unquoted <c>{start}</c> as a mapping; here it is a placeholder.</summary>
    private static string? Scalar(YamlNode node) => node switch
    {
        YamlScalarNode scalar => scalar.Value ?? "",
        YamlMappingNode { Children.Count: 1 } mapping when mapping.First() is var (name, value) && Scalar(value) is "" => $"{{{Scalar(name)}}}",
        _ => null,
    };

    private static List<string>? All<T>(IEnumerable<T> nodes, Func<T, string?> text)
    {
        var texts = nodes.Select(text).ToList();
        return texts.Contains(null) ? null : [.. texts.OfType<string>()];
    }

    private static string NearestTo(string key, IEnumerable<string> known) =>
        NearestName.Of(key, known) is { } nearest ? $"; did you mean '{nearest}'?" : $". Known keys: {string.Join(", ", known)}.";
}
