using DistributedBatch.Cli.Embedded;
using DistributedBatch.Cli.Options;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Tests.Embedded;

public sealed class RunChoiceTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("dbatch choice ").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void The_same_command_with_the_same_name_goes_on()
    {
        var first = Choose(Request("mine", total: 10));

        Assert.Equal(first.Run, Choose(Request("mine", total: 10)).Run);
    }

    [Fact]
    public void How_patient_to_be_may_change_between_two_goes()
    {
        var first = Choose(Request("mine", total: 10));
        var patient = Request("mine", total: 10);

        Assert.Equal(first.Run, Choose(patient with { Spec = patient.Spec with { Retries = 9 }, Slots = 7 }).Run);
    }

    [Fact]
    public void Other_work_under_an_unfinished_name_is_refused_and_under_a_finished_one_is_a_new_run()
    {
        var first = Choose(Request("mine", total: 10));

        Assert.Null(RunChoice.Of(Request("mine", total: 11), new RunRecords(directory), DateTimeOffset.UnixEpoch, out var mistake));
        Assert.Contains($"dbatch run --resume {first.Run}", mistake, StringComparison.Ordinal);

        new RunRecords(directory).Save(first with { Succeeded = true });
        Assert.NotEqual(first.Run, Choose(Request("mine", total: 11)).Run);
    }

    [Fact]
    public void A_name_the_user_did_not_choose_is_numbered_and_never_means_an_older_run()
    {
        var names = Enumerable.Range(0, 3).Select(_ => Choose(Request("job", total: 10) with { Named = false }).Name);

        Assert.Equal(["job", "job-2", "job-3"], names);
    }

    [Fact]
    public void A_run_is_found_by_id_prefix_name_or_as_the_last()
    {
        var run = Choose(Request("mine", total: 1));
        var records = new RunRecords(directory);

        Assert.All(
            new[] { run.Run.Value, run.Run.Value[..4], "mine", "last" },
            text => Assert.Equal(run.Run, records.Find(text, out var mistake)?.Run));
        Assert.Null(records.Find("other", out var missing));
        Assert.Contains("There is no run 'other'", missing, StringComparison.Ordinal);
    }

    private RunRecord Choose(RunRequest request)
    {
        var records = new RunRecords(directory);
        var record = RunChoice.Of(request, records, DateTimeOffset.UnixEpoch, out var mistake);
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
