using System.Text;
using DistributedBatch.Cli.Output;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Cli.Text;
using DistributedBatch.Contracts.Datasets;

namespace DistributedBatch.Cli.Datasets;

/// <summary>Reads the dataset of a run from the settings. Every mistake becomes a sentence in <paramref name="mistakes"/>.</summary>
/// <param name="settings">The merged settings.</param>
/// <param name="workingDirectory">Directory the command runs in. Relative matches of a glob stay relative when the glob starts there.</param>
/// <param name="input">Standard input, for <c>--items -</c>.</param>
/// <param name="mistakes">Receives one sentence for each mistake.</param>
internal sealed class DatasetReader(
    IReadOnlyDictionary<string, SettingValue> settings, string workingDirectory, Func<Stream> input, List<string> mistakes)
{
    // Throws on bytes that are not UTF-8: a replaced letter would name another file.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The dataset; null after a mistake.</summary>
    public Dataset? Read()
    {
        var kinds = RunSettings.DatasetKeys.Where(settings.ContainsKey).ToList();
        if (kinds.Count == 0)
            return Mistake<Dataset>("There is no dataset. Give one of --total N, --items FILE, --glob PATTERN, --sweep NAME=A,B or --table FILE.csv.");
        if (kinds.Count > 1)
            return Mistake<Dataset>($"{string.Join(" and ", kinds.Select(kind => settings[kind].Origin))} are different datasets; give one of them.");
        if (settings.TryGetValue("first", out var first) && kinds[0] != "total")
            mistakes.Add($"{first.Origin} is valid with --total only.");
        var value = settings[kinds[0]];
        return kinds[0] switch
        {
            "total" => Range(),
            "items" => Items(value),
            "glob" => Glob(value),
            "sweep" => Sweep(value),
            _ => Table(value),
        };
    }

    private RangeDataset? Range()
    {
        var reader = new SettingReader(settings, mistakes);
        var (total, first) = (reader.Number("total", 0L), settings.ContainsKey("first") ? reader.Number("first", 0L) : 0);
        return total is null || first is null ? null : new RangeDataset(total.Value, first.Value);
    }

    private ItemDataset? Items(SettingValue value)
    {
        if (value.IsList)
            return value.Texts.Count > 0 ? new ItemDataset(value.Texts) : Mistake<ItemDataset>($"{value.Origin} is an empty list.");
        if (ReadText(value) is not { } text)
            return null;
        var items = text.Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0).ToList();
        return items.Count > 0 ? new ItemDataset(items) : Mistake<ItemDataset>($"{value.Origin}: {NameOf(value)} has no items; write one per line.");
    }

    private ItemDataset? Glob(SettingValue value)
    {
        var items = new List<string>();
        foreach (var pattern in value.Texts.Select(HomePath.Expand))
        {
            var matches = GlobPattern.Matches(pattern, value.Directory);
            if (matches.FirstOrDefault(match => GlobPattern.IsNotUtf8(value.AbsolutePath(match))) is { } strange)
            {
                return Mistake<ItemDataset>(
                    $"{value.Origin}: the file name '{strange}' is not UTF-8, so no command could be given it. Rename the file, for instance with convmv -f latin1 -t utf8 --notest.");
            }

            if (matches.Count == 0)
                mistakes.Add($"{value.Origin}: nothing matches '{pattern}' in {value.Directory}.");
            var moved = Path.GetFullPath(value.Directory) != Path.GetFullPath(workingDirectory);
            items.AddRange(moved ? matches.Select(value.AbsolutePath) : matches);
        }

        return items.Count > 0 ? new ItemDataset(items) : null;
    }

    private SweepDataset? Sweep(SettingValue value)
    {
        var parameters = new List<SweepParameter>();
        foreach (var text in value.Texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var values = equals > 0 ? ValuesOf(text[(equals + 1)..]) : [];
            if (values.Count == 0)
                mistakes.Add($"{value.Origin}: '{text}' is not a parameter; write NAME=VALUE,VALUE such as lr=0.1,0.01.");
            else
                parameters.Add(new SweepParameter(text[..equals].Trim(), values));
        }

        return parameters.Count == value.Texts.Count ? new SweepDataset(parameters) : null;
    }

    private static IReadOnlyList<string> ValuesOf(string text)
    {
        try
        {
            return CsvText.Records(text).Select(record => record.Fields).FirstOrDefault() ?? [];
        }
        catch (FormatException)
        {
            return [];
        }
    }

    private TableDataset? Table(SettingValue value)
    {
        if (ReadText(value) is not { } text)
            return null;
        try
        {
            var records = CsvText.Records(text).ToList();
            if (records.Count < 2)
                return Mistake<TableDataset>($"{value.Origin}: {NameOf(value)} has no rows; write a header and at least one row.");
            var header = records[0].Fields.Select(name => name.Trim()).ToList();
            var odd = records.Skip(1).FirstOrDefault(record => record.Fields.Count != header.Count);
            return odd.Fields is null
                ? new TableDataset(header, [.. records.Skip(1).Select(record => record.Fields)])
                : Mistake<TableDataset>(
                    $"{value.Origin}: {NameOf(value)} line {odd.Line} has {HumanText.Count(odd.Fields.Count, "field")}, but the header has {header.Count}.");
        }
        catch (FormatException failure)
        {
            return Mistake<TableDataset>($"{value.Origin}: {NameOf(value)} {failure.Message}.");
        }
    }

    private string? ReadText(SettingValue value)
    {
        try
        {
            using var stream = value.Text == "-" ? input() : File.OpenRead(value.Path);
            using var reader = new StreamReader(stream, Utf8);
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException)
        {
            return Mistake<string>($"{value.Origin}: {NameOf(value)} is not UTF-8 text; convert it first, for instance with iconv -t UTF-8.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Mistake<string>($"{value.Origin}: cannot read {NameOf(value)}: {Reason(failure, value)}");
        }
    }

    private static string Reason(Exception failure, SettingValue value) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file.",
        UnauthorizedAccessException when Directory.Exists(value.Path) => "the path is a directory.",
        UnauthorizedAccessException => "permission denied.",
        _ => failure.Message,
    };

    private static string NameOf(SettingValue value) => value.Text == "-" ? "standard input" : value.Text;

    private T? Mistake<T>(string sentence)
        where T : class
    {
        mistakes.Add(sentence);
        return null;
    }
}
