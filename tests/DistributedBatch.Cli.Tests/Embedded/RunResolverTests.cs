using DistributedBatch.Cli.Embedded;
using DistributedBatch.Cli.Requests;
using DistributedBatch.Cli.State;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Tests.Embedded;

public sealed class RunResolverTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("dbatch resolver ").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void The_same_command_with_the_same_name_continues_the_run()
    {
        var first = Resolve(Request("mine", total: 10));

        Assert.Equal(first.Run, Resolve(Request("mine", total: 10)).Run);
    }

    [Fact]
    public void Retries_and_slots_may_change_when_a_run_is_resumed()
    {
        var first = Resolve(Request("mine", total: 10));
        var retrying = Request("mine", total: 10);

        Assert.Equal(first.Run, Resolve(retrying with { Spec = retrying.Spec with { Retries = 9 }, Slots = 7 }).Run);
    }

    [Fact]
    public void A_different_run_under_an_unfinished_name_is_refused_and_under_a_finished_name_is_new()
    {
        var first = Resolve(Request("mine", total: 10));

        Assert.Null(RunResolver.Resolve(Request("mine", total: 11), new RunRecords(directory), DateTimeOffset.UnixEpoch, out var mistake));
        Assert.Contains($"dbatch run --resume {first.Run}", mistake, StringComparison.Ordinal);

        new RunRecords(directory).Save(first with { Succeeded = true });
        Assert.NotEqual(first.Run, Resolve(Request("mine", total: 11)).Run);
    }

    [Fact]
    public void A_default_name_is_numbered_and_never_selects_an_earlier_run()
    {
        var names = Enumerable.Range(0, 3).Select(_ => Resolve(Request("job", total: 10) with { Named = false }).Name);

        Assert.Equal(["job", "job-2", "job-3"], names);
    }

    [Fact]
    public void A_run_is_found_by_id_prefix_or_name_or_as_the_last_one()
    {
        var run = Resolve(Request("mine", total: 1));
        var records = new RunRecords(directory);

        Assert.All(
            new[] { run.Run.Value, run.Run.Value[..4], "mine", "last" },
            text => Assert.Equal(run.Run, records.Find(text, out var mistake)?.Run));
        Assert.Null(records.Find("other", out var missing));
        Assert.Contains("There is no run 'other'", missing, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_keeps_its_output_directory()
    {
        var request = Request("mine", total: 10);
        RunRequest Into(string outputs) => request with { Spec = request.Spec with { Job = request.Spec.Job with { OutputDirectory = outputs } } };
        var first = Resolve(Into("/data/a"));

        Assert.Null(RunResolver.Resolve(Into("/data/b"), new RunRecords(directory), DateTimeOffset.UnixEpoch, out var mistake));
        Assert.Contains("writes its outputs to /data/a, not to /data/b.", mistake, StringComparison.Ordinal);
        Assert.Equal(first.Run, Resolve(Into("/data/a")).Run);
        Assert.Equal(first.Run, Resolve(request).Run);
    }

    private RunRecord Resolve(RunRequest request)
    {
        var records = new RunRecords(directory);
        var record = RunResolver.Resolve(request, records, DateTimeOffset.UnixEpoch, out var mistake);
        Assert.Null(mistake);
        records.Save(record!);
        return record!;
    }

    private RunRequest Request(string name, long total) => new()
    {
        Spec = new RunSpec { Name = name, Dataset = new RangeDataset(total), Job = new JobSpec { Command = ["true"] } },
        Named = true,
        StateDirectory = directory,
        WorkingDirectory = directory,
    };
}
