using System.Text.Json;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Tests.Runs;

public sealed class RunSpecCheckTests
{
    [Fact]
    public void A_plain_run_has_no_mistakes() => Assert.Empty(RunSpecCheck.Mistakes(Spec()));

    [Fact]
    public void An_empty_range_is_no_mistake() => Assert.Empty(RunSpecCheck.Mistakes(Spec() with { Dataset = new RangeDataset(100, 100) }));

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void A_chunk_of_no_items_is_refused(long size) => Refused(Spec() with { ChunkSize = size }, $"chunk size is {size}");

    [Fact]
    public void An_automatic_chunk_size_is_no_mistake() => Assert.Empty(RunSpecCheck.Mistakes(Spec() with { ChunkSize = null }));

    [Fact]
    public void A_first_index_below_zero_is_refused() => Refused(Spec() with { Dataset = new RangeDataset(100, -1) }, "first index is -1");

    [Fact]
    public void A_first_index_outside_the_dataset_is_refused() =>
        Refused(Spec() with { Dataset = new RangeDataset(100, 101) }, "first index 101 is outside the dataset of 100 items");

    [Fact]
    public void A_plan_of_more_chunks_than_can_be_numbered_is_refused() =>
        Refused(Spec() with { Dataset = new RangeDataset(RunSpecCheck.MostItems), ChunkSize = 10 }, "give a larger one");

    [Fact]
    public void Negative_retries_are_refused() => Refused(Spec() with { Retries = -1 }, "number of retries is -1");

    [Fact]
    public void A_crash_limit_of_zero_is_refused() => Refused(Spec() with { CrashLimit = 0 }, "crash limit is 0");

    [Fact]
    public void A_weight_of_zero_is_refused() => Refused(Spec() with { Weight = 0 }, "weight is 0");

    [Fact]
    public void A_timeout_of_zero_is_refused() => Refused(Spec() with { Job = Job("true") with { Timeout = TimeSpan.Zero } }, "timeout is 0 s");

    [Fact]
    public void What_a_timer_or_the_ledger_cannot_hold_is_refused_with_the_largest_value()
    {
        Refused(Spec() with { Job = Job("true") with { Timeout = TimeSpan.FromDays(50) } }, "timeout is 50 days; give at most 49 days, or leave it out");
        Refused(Spec() with { Job = Job("true") with { Grace = TimeSpan.FromDays(50) } }, "grace period is 50 days; give at most 7 days");
        Refused(Spec() with { RetryDelay = TimeSpan.MaxValue }, "give at most 49 days");
        Refused(Spec() with { Dataset = new RangeDataset(long.MaxValue), ChunkSize = null }, "give at most 9007199254740991 items");
        Refused(Spec() with { ChunkSize = long.MaxValue }, "chunk size is 9223372036854775807; give at most");
        Refused(Spec() with { Retries = int.MaxValue }, "or up to 65000 more");
        Refused(Spec() with { CrashLimit = 300 }, "give 1 to 250 lost hosts");
        Refused(Spec() with { Job = Job("true") with { Gpus = 1e300 } }, "or up to 1024");
        Assert.Empty(RunSpecCheck.Mistakes(Spec() with { Job = Job("true") with { Timeout = TimeSpan.FromDays(49), Grace = TimeSpan.FromDays(7) } }));
    }

    [Fact]
    public void A_placeholder_in_a_variable_is_refused_because_nobody_fills_it()
    {
        Refused(Spec() with { Job = Job("true") with { Env = new Dictionary<string, string> { ["PORT"] = "295{slot}" } } }, "The variable PORT has the placeholder {slot}");
        Assert.Empty(RunSpecCheck.Mistakes(Spec() with { Job = Job("true") with { Env = new Dictionary<string, string> { ["JSON"] = """{"a": 1} {lr} {} {{start}""" } } }));
    }

    [Fact]
    public void A_text_that_no_program_can_be_given_is_refused()
    {
        Refused(Spec() with { Job = Job("echo", "a\0b") }, "The command has a NUL character");
        Refused(Spec() with { Job = Job("true") with { Env = new Dictionary<string, string> { ["A=B"] = "" } } }, "'A=B' cannot be the name");
        var items = Spec() with { Dataset = new ItemDataset(["fine", "two\nlines", "cut\0off"]) };
        Refused(items with { Job = Job("cat", "{items}") }, "Item 1 has a line break");
        Refused(items with { Job = Job("cat", "{item}") }, "Item 2 has a NUL character");
        Assert.Empty(RunSpecCheck.Mistakes(items with { Job = Job("true") }));
    }

    [Fact]
    public void A_negative_grace_is_refused() =>
        Refused(Spec() with { Job = Job("true") with { Grace = TimeSpan.FromSeconds(-2) } }, "grace period is -2 s");

    [Fact]
    public void An_empty_command_is_refused() => Refused(Spec() with { Job = Job() }, "command is empty");

    [Fact]
    public void An_unknown_placeholder_is_refused_with_the_nearest_and_all_known_ones() =>
        Refused(Spec() with { Job = Job("echo", "{strat}") }, "{strat} is not a placeholder; did you mean {start}? Known are {start} {count}");

    [Fact]
    public void An_unknown_placeholder_in_the_standard_input_is_refused() =>
        Refused(Spec() with { Job = Job("cat") with { Stdin = "{begin},{count}" } }, "{begin} is not a placeholder");

    [Theory]
    [InlineData("""{"name":"x","dataset":{"kind":"range","total":1},"job":null}""")]
    [InlineData("""{"name":"x","dataset":null,"job":{"command":["true"]}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"range","total":1},"job":{"command":null}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"range","total":1},"job":{"command":[null]}}""")]
    [InlineData("""{"name":null,"dataset":{"kind":"range","total":1},"job":{"command":["true"]}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"items","items":null},"job":{"command":["true"]}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"items","items":["a",null]},"job":{"command":["true"]}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"table","header":["a"],"rows":[null]},"job":{"command":["true"]}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"sweep","parameters":[null]},"job":{"command":["true"]}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"sweep","parameters":[{"name":"a","values":null}]},"job":{"command":["true"]}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"range","total":1},"job":{"command":["true"],"env":null}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"range","total":1},"job":{"command":["true"],"env":{"A":null}}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"range","total":1},"job":{"command":["true"],"secrets":{"A=B":"x"}}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"range","total":1},"job":{"command":["true"]},"after":[null]}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"range","total":1},"job":{"command":["true"],"grace":"10675199.02:48:05"}}""")]
    [InlineData("""{"name":"x\u202Ey","dataset":{"kind":"range","total":1},"job":{"command":["true"]}}""")]
    [InlineData("""{"name":"x","dataset":{"kind":"range","total":1},"job":{"command":["true"]},"weight":2147483647}""")]
    public void What_JSON_from_elsewhere_leaves_out_or_exaggerates_is_a_mistake(string json) =>
        Assert.NotEmpty(RunSpecCheck.Mistakes(JsonSerializer.Deserialize(json, RunSpecReader.Reading)!));

    [Theory]
    [InlineData("mailto:ada@lab", "give an address that begins with")]
    [InlineData("http:hook", "give an address that begins with")]
    [InlineData("ntfy:topic", "names no host")]
    [InlineData("ntfy://ntfy.sh/", "names no topic")]
    [InlineData("ntfy://ntfy.sh", "names no topic")]
    public void An_address_that_cannot_be_notified_is_a_mistake(string address, string sentence) => Assert.Contains(
        sentence, Assert.Single(RunSpecCheck.Mistakes(Spec() with { Notify = new Uri(address, UriKind.RelativeOrAbsolute) })), StringComparison.Ordinal);

    [Theory]
    [InlineData("ntfy://:token@ntfy.sh/topic")]
    [InlineData("https://user:word@lab.example.org:8443/hook?a=b")]
    [InlineData("http://[2001:db8::1]/hook")]
    public void An_address_with_host_and_topic_is_no_mistake(string address) =>
        Assert.Empty(RunSpecCheck.Mistakes(Spec() with { Notify = new Uri(address) }));

    [Theory]
    [InlineData("{item}")]
    [InlineData("{items}")]
    public void Items_of_a_range_are_refused(string placeholder) => Refused(Spec() with { Job = Job("cat", placeholder) }, $"{placeholder} needs items");

    [Fact]
    public void A_single_item_needs_one_item_per_chunk()
    {
        var spec = Spec() with { Dataset = new ItemDataset(["a", "b"]), Job = Job("cat", "{item}") };

        Assert.Empty(RunSpecCheck.Mistakes(spec));
        Refused(spec with { ChunkSize = 2 }, "{item} needs one item per chunk");
        Refused(spec with { ChunkSize = null }, "{item} needs one item per chunk");
        Assert.Empty(RunSpecCheck.Mistakes(spec with { ChunkSize = 2, Job = Job("cat", "{items}") }));
    }

    [Fact]
    public void A_column_needs_one_item_per_chunk()
    {
        var spec = Spec() with { Dataset = new SweepDataset([new("lr", ["0.1", "0.2"])]), Job = Job("train", "--lr={lr}") };

        Assert.Empty(RunSpecCheck.Mistakes(spec));
        Refused(spec with { ChunkSize = 5 }, "{lr} needs one item per chunk");
    }

    [Fact]
    public void An_empty_list_of_items_is_refused() => Refused(Spec() with { Dataset = new ItemDataset([]) }, "list of items is empty");

    [Fact]
    public void Two_columns_of_one_name_are_refused() =>
        Refused(Spec() with { Dataset = new TableDataset(["a", "a"], [["1", "2"]]) }, "two columns named 'a'");

    [Fact]
    public void A_column_with_the_name_of_a_placeholder_is_refused() =>
        Refused(Spec() with { Dataset = new SweepDataset([new("count", ["1"])]) }, "has the name of the placeholder {count}");

    [Fact]
    public void A_column_that_cannot_be_written_as_a_placeholder_is_refused() =>
        Refused(Spec() with { Dataset = new TableDataset(["learning rate"], [["1"]]) }, "cannot be a placeholder");

    [Fact]
    public void A_row_of_another_length_than_the_header_is_refused() =>
        Refused(Spec() with { Dataset = new TableDataset(["a", "b"], [["1", "2"], ["3"]]) }, "Row 2 of the table has 1 values");

    [Fact]
    public void A_sweep_too_large_to_count_is_refused()
    {
        string[] values = [.. Enumerable.Range(0, 1000).Select(value => $"{value}")];
        var parameters = Enumerable.Range(0, 8).Select(number => new SweepParameter($"p{number}", values));

        Refused(Spec() with { Dataset = new SweepDataset([.. parameters]) }, "more combinations than can be counted");
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var mistakes = RunSpecCheck.Mistakes(Spec() with { ChunkSize = 0, Retries = -1, Weight = 0, Job = Job("echo", "{nope}") });

        Assert.Equal(4, mistakes.Count);
    }

    private static void Refused(RunSpec spec, string because)
    {
        var mistake = Assert.Single(RunSpecCheck.Mistakes(spec));
        Assert.Contains(because, mistake, StringComparison.Ordinal);
    }

    private static RunSpec Spec() => new() { Name = "test", Dataset = new RangeDataset(100), Job = Job("true"), ChunkSize = 1 };

    private static JobSpec Job(params string[] command) => new() { Command = command };
}
