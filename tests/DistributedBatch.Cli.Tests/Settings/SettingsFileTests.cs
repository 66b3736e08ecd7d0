using DistributedBatch.Cli.Settings;
using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Tests.Settings;

public sealed class SettingsFileTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("dbatch job ").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_job_file_has_the_keys_of_the_options()
    {
        var settings = Good("""
            name: digits
            command: [python3, attack.py, "{start}", {count}]
            dataset:
              total: 1797
            chunk: 10
            max-failures: 3
            env:
              OMP_NUM_THREADS: 1
              GREETING: "hello world"
            before: python3 train.py --epochs 3
            stdin: "{start},{count}"
            out: results
            """);

        Assert.Equal(["python3", "attack.py", "{start}", "{count}"], new SettingReader(settings, []).Words("command"));
        Assert.Equal(["python3", "train.py", "--epochs", "3"], new SettingReader(settings, []).Words("before"));
        Assert.Equal(["OMP_NUM_THREADS=1", "GREETING=hello world"], settings["env"].Texts);
        Assert.Equal(("1797", "10", "3", "{start},{count}"), (settings["total"].Text, settings["chunk"].Text, settings["max-failures"].Text, settings["stdin"].Text));
        Assert.Equal(Path.Combine(directory, "results"), settings["out"].Path);
    }

    [Fact]
    public void Items_and_sweeps_may_be_in_the_file()
    {
        var settings = Good("""
            items: [one, "two words", "three\nlines"]
            sweep:
              lr: [0.1, 0.01]
              text: ["a,b", 'say "x"']
            """);

        Assert.True(settings["items"].IsList);
        Assert.Equal(["one", "two words", "three\nlines"], settings["items"].Texts);
        Assert.Equal(["lr=\"0.1\",\"0.01\"", "text=\"a,b\",\"say \"\"x\"\"\""], settings["sweep"].Texts);
    }

    [Theory]
    [InlineData("chunk: 3\nretrys: 2", "line 2: there is no key 'retrys'; did you mean 'retries'?")]
    [InlineData("dataset:\n  totl: 2", "line 2: there is no key 'totl' in dataset; did you mean 'total'?")]
    [InlineData("chunk: [1, 2]", "chunk (job.yaml, line 1): must be one text or number.")]
    [InlineData("command: {a: b}", "must be a list of words")]
    [InlineData("stdin: {start},{count}", "is not YAML")]
    [InlineData("- a\n- b", "must hold lines such as 'chunk: 10'")]
    public void A_mistake_is_reported_with_its_line(string text, string sentence)
    {
        var (_, mistakes) = Read(text);

        Assert.Contains(sentence, Assert.Single(mistakes).Replace(directory + "/", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_reported()
    {
        var mistakes = new List<string>();

        Assert.Empty(new SettingsFile("gone.yaml", [], mistakes).Read());
        Assert.Equal(["There is no file gone.yaml."], mistakes);
    }

    [Theory]
    [InlineData("python3 job.py", "python3", "job.py")]
    [InlineData("sh -c 'a \"b\" $c' \"d e\" f\\ g ''", "sh", "-c", "a \"b\" $c", "d e", "f g", "")]
    public void A_command_in_one_text_is_split_at_blanks(string text, params string[] words)
    {
        Assert.Equal(words, CommandText.Words(text));
        Assert.Equal(words, CommandText.Words(CommandText.Join(words)));
    }

    [Fact]
    public void A_file_that_is_not_UTF8_is_reported()
    {
        var file = Path.Combine(directory, "latin.yaml");
        File.WriteAllBytes(file, [.. "command: [echo, lat"u8, 0xE9, .. "]\n"u8]);
        var mistakes = new List<string>();

        Assert.Empty(new SettingsFile(file, RunSettings.JobFileKeys, mistakes).Read());
        Assert.EndsWith("latin.yaml is not UTF-8 text; convert it first, for instance with iconv -t UTF-8.", Assert.Single(mistakes), StringComparison.Ordinal);
    }

    private IReadOnlyDictionary<string, SettingValue> Good(string text)
    {
        var (settings, mistakes) = Read(text);
        Assert.Empty(mistakes);
        return settings;
    }

    private (IReadOnlyDictionary<string, SettingValue> Settings, List<string> Mistakes) Read(string text)
    {
        var file = Path.Combine(directory, "job.yaml");
        File.WriteAllText(file, text);
        var mistakes = new List<string>();
        return (new SettingsFile(file, RunSettings.JobFileKeys, mistakes).Read(), mistakes);
    }
}
