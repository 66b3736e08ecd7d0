using System.Text.Json;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Tests.Json;

public sealed class ContractsJsonTests
{
    private static readonly JobSpec Job = new() { Command = ["python", "script.py", "{start}"], Timeout = TimeSpan.FromMinutes(20) };

    public static TheoryData<Dataset> Datasets =>
    [
        new RangeDataset(10_000, 3_000),
        new ItemDataset(["a b", "line\nbreak", "\"quoted\"", "Ünïcödé ✓"]),
        new TableDataset(["x", "y"], [["1", "2"], ["3", "4"]]),
        new SweepDataset([new("lr", ["0.1", "0.01"])]),
    ];

    [Theory]
    [MemberData(nameof(Datasets))]
    public void A_spec_comes_back_with_the_dataset_it_left_with(Dataset dataset)
    {
        var spec = new RunSpec { Name = "digits", Dataset = dataset, Job = Job };

        var back = JsonSerializer.Deserialize(JsonSerializer.Serialize(spec, ContractsJson.Default.RunSpec), ContractsJson.Default.RunSpec)!;

        Assert.Equal(dataset.GetType(), back.Dataset.GetType());
        Assert.Equal((dataset.First, dataset.Total), (back.Dataset.First, back.Dataset.Total));
        Assert.Equal(dataset.Columns, back.Dataset.Columns);
        for (var index = dataset.First; index < Math.Min(dataset.Total, 10); index++)
            Assert.Equal(dataset.ItemAt(index), back.Dataset.ItemAt(index));
        Assert.Equal(spec.Job.Command, back.Job.Command);
        Assert.Equal(spec.Job.Timeout, back.Job.Timeout);
    }

    [Fact]
    public void What_somebody_leaves_out_of_a_spec_has_its_default()
    {
        const string Written = """{ "name": "digits", "dataset": { "kind": "range", "total": 5 }, "job": { "command": ["true"], "timeout": "00:20:00" } }""";
        var whole = new RunSpec { Name = "digits", Dataset = new RangeDataset(5), Job = new JobSpec { Command = ["true"], Timeout = TimeSpan.FromMinutes(20) } };

        var spec = JsonSerializer.Deserialize(Written, RunSpecReader.Reading)!;

        Assert.Equal(JsonSerializer.Serialize(whole, ContractsJson.Default.RunSpec), JsonSerializer.Serialize(spec, ContractsJson.Default.RunSpec));
        Assert.Empty(RunSpecCheck.Mistakes(spec));
    }

    [Fact]
    public void States_and_outcomes_are_written_as_the_words_people_read()
    {
        var report = new AttemptReport
        {
            Run = RunId.New(),
            Index = 3,
            Start = 30,
            Count = 10,
            Attempt = 1,
            Host = "lab-1",
            Slot = 0,
            StartedAt = DateTimeOffset.UnixEpoch,
            Outcome = AttemptOutcome.OutOfMemory,
        };

        var json = JsonSerializer.Serialize(new AttemptReports("lab-1", [report]), ContractsJson.Default.AttemptReports);

        Assert.Contains("\"outcome\":\"out-of-memory\"", json);
        Assert.Contains("\"protocol\":1", json);
        Assert.DoesNotContain("stderrTail", json);
    }

    [Fact]
    public void A_chunk_without_items_says_nothing_of_items()
    {
        var chunk = new RunChunk { Run = RunId.New(), Index = 0, Start = 0, Count = 5, Total = 10, Attempt = 1, Job = Job };

        Assert.DoesNotContain("items", JsonSerializer.Serialize(chunk, ContractsJson.Default.RunChunk));
    }

    [Fact]
    public void A_word_is_read_back_and_an_unknown_one_is_nothing()
    {
        foreach (var outcome in Enum.GetValues<AttemptOutcome>())
            Assert.Equal(outcome, EnumText.Parse<AttemptOutcome>(outcome.ToText()));
        Assert.Null(EnumText.Parse<AttemptOutcome>("gone-fishing"));
    }
}
