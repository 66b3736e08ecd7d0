using System.Text;
using DistributedBatch.Cli.Datasets;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Contracts.Datasets;

namespace DistributedBatch.Cli.Tests.Datasets;

public sealed class DatasetReaderTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("dbatch datasets ").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void Items_keep_spaces_quotes_and_foreign_letters()
    {
        File.WriteAllText(Path.Combine(directory, "the items.txt"), "\uFEFFplain\r\nwith  two spaces \n\n'quoted \"twice\"'\nnaïve 日本 🎲\n\\n $HOME *");

        var items = Assert.IsType<ItemDataset>(Read(("items", "the items.txt")));

        Assert.Equal(["plain", "with  two spaces ", "'quoted \"twice\"'", "naïve 日本 🎲", "\\n $HOME *"], items.Items);
    }

    [Fact]
    public void Items_may_come_from_standard_input() =>
        Assert.Equal(["a", "b"], Assert.IsType<ItemDataset>(Read(("items", "-"))).Items);

    [Fact]
    public void Empty_missing_and_binary_files_and_directories_are_reported()
    {
        File.WriteAllText(Path.Combine(directory, "empty"), "\n\n");
        File.WriteAllBytes(Path.Combine(directory, "binary"), [0xFF, 0xFE, 0x00, 0xC3, 0x28]);

        Assert.Equal("--items: empty has no items; write one per line.", Mistake(("items", "empty")));
        Assert.Equal("--items: cannot read gone: no such file.", Mistake(("items", "gone")));
        Assert.Equal("--items: cannot read .: the path is a directory.", Mistake(("items", ".")));
        File.WriteAllBytes(Path.Combine(directory, "latin"), [(byte)'n', 0xE4, (byte)'h']);
        Assert.Contains("latin is not UTF-8 text", Mistake(("items", "latin")), StringComparison.Ordinal);
    }

    [Fact]
    public void Paths_match_in_ordinal_order_across_directories_and_hidden_ones_do_not()
    {
        foreach (var file in new[] { "b.png", "B.png", "a/1.png", "a/x/2.png", "a/x/3.txt", ".hidden/4.png", "a/.5.png", "é.png" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(directory, file))!);
            File.WriteAllText(Path.Combine(directory, file), "");
        }

        Assert.Equal(["B.png", "b.png", "é.png"], Glob("*.png"));
        Assert.Equal(["B.png", "a/1.png", "a/x/2.png", "b.png", "é.png"], Glob("**/*.png"));
        Assert.Equal(["a/1.png", "a/x/2.png", "a/x/3.txt"], Glob("a/**"));
        Assert.Equal(["a/x"], Glob("a/?"));
        Assert.Equal([$"{directory}/a/1.png"], Glob($"{directory}/a/*.png"));
        Assert.Contains("nothing matches '*.jpg'", Mistake(("glob", "*.jpg")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cycle_of_links_does_not_trap_the_search()
    {
        Directory.CreateDirectory(Path.Combine(directory, "a"));
        File.CreateSymbolicLink(Path.Combine(directory, "a", "loop"), directory);
        File.WriteAllText(Path.Combine(directory, "a", "x.png"), "");

        Assert.Equal(["a/x.png"], Glob("**/*.png"));
    }

    [Fact]
    public void A_table_has_quoted_fields_with_commas_quotes_and_line_ends()
    {
        File.WriteAllText(Path.Combine(directory, "t.csv"), "lr,note\r\n0.1,\"a, \"\"b\"\"\nsecond line\"\r\n0.2,\r\n");

        var table = Assert.IsType<TableDataset>(Read(("table", "t.csv")));

        Assert.Equal(["lr", "note"], table.Header);
        Assert.Equal(["0.1", "a, \"b\"\nsecond line"], table.Rows[0]);
        Assert.Equal(["0.2", ""], table.Rows[1]);
    }

    [Theory]
    [InlineData("a,b\n1\n", "line 2 has 1 field, but the header has 2")]
    [InlineData("a,b\n", "has no rows")]
    [InlineData("", "has no rows")]
    [InlineData("a\n\"open\n", "line 2: a quote is never closed")]
    [InlineData("a\n\"x\"y\n", "line 2: a comma or the end of the line must follow a closing quote")]
    public void A_broken_table_is_reported_with_its_line(string text, string sentence)
    {
        File.WriteAllText(Path.Combine(directory, "t.csv"), text);

        Assert.Contains(sentence, Mistake(("table", "t.csv")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_has_every_combination()
    {
        var sweep = Assert.IsType<SweepDataset>(Read(("sweep", "lr=0.1,0.01"), ("sweep", "text=\"a,b\",c")));

        Assert.Equal(4, sweep.Total);
        Assert.Equal(["0.01", "a,b"], sweep.ItemAt(2));
        Assert.Contains("'lr' is not a parameter", Mistake(("sweep", "lr")), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_dataset_the_options_are_named() => Assert.Contains("--glob PATTERN", Mistake(), StringComparison.Ordinal);

    [Theory]
    [InlineData("in/*.png")]
    [InlineData("**/*.png")]
    [InlineData("*/*.png")]
    public async Task A_file_name_that_is_not_UTF8_is_named_before_a_program_gets_another_one(string pattern)
    {
        await ShellAsync("mkdir in \"$(printf 'd\\351')\"; printf x > \"in/$(printf 'lat\\351').png\"; printf x > \"$(printf 'd\\351')/a.png\"");

        Assert.Contains("is not UTF-8, so no command could be given it.", Mistake(("glob", pattern)), StringComparison.Ordinal);
        await ShellAsync("rm -r ./*"); // .NET cannot remove such names
    }

    [Fact]
    public void A_replacement_character_may_be_part_of_a_name()
    {
        File.WriteAllText(Path.Combine(directory, "odd\uFFFD.png"), "");

        Assert.Equal(["odd\uFFFD.png"], Glob("*.png"));
    }

    private async Task ShellAsync(string line) => await CliWrap.Cli.Wrap("/bin/sh").WithArguments(["-c", line])
        .WithWorkingDirectory(directory).ExecuteAsync(TestContext.Current.CancellationToken);

    private IReadOnlyList<string> Glob(string pattern) => Assert.IsType<ItemDataset>(Read(("glob", pattern))).Items;

    private Dataset? Read(params (string Key, string Text)[] settings)
    {
        var (dataset, mistakes) = ReadAll(settings);
        Assert.Empty(mistakes);
        return dataset;
    }

    private string Mistake(params (string Key, string Text)[] settings)
    {
        var (dataset, mistakes) = ReadAll(settings);
        Assert.Null(dataset);
        return Assert.Single(mistakes);
    }

    private (Dataset? Dataset, List<string> Mistakes) ReadAll((string Key, string Text)[] settings)
    {
        var mistakes = new List<string>();
        var values = settings.GroupBy(setting => setting.Key)
            .ToDictionary(group => group.Key, group => new SettingValue([.. group.Select(setting => setting.Text)], "--" + group.Key, directory));
        return (new DatasetReader(values, directory, () => new MemoryStream(Encoding.UTF8.GetBytes("a\nb\n")), mistakes).Read(), mistakes);
    }
}
