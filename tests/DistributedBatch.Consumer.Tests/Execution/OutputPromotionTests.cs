using DistributedBatch.Consumer.Execution;

namespace DistributedBatch.Consumer.Tests.Execution;

public sealed class OutputPromotionTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Outputs_of_an_attempt_that_died_before_its_report_are_replaced_whole()
    {
        Promote(Attempt(("part", "first"), ("only-first", "x")), replace: true);
        Promote(Attempt(("part", "second")), replace: true);

        Assert.Equal("second", File.ReadAllText(directory["out", "7", "part"]));
        Assert.Equal([directory["out", "7"]], Directory.GetFileSystemEntries(directory["out"]));
        Assert.Equal([directory["out", "7", "part"]], Directory.GetFileSystemEntries(directory["out", "7"]));
    }

    [Fact]
    public void An_attempt_whose_chunk_may_run_elsewhere_leaves_the_outputs_that_are_there()
    {
        Promote(Attempt(("part", "winner")), replace: true);
        Promote(Attempt(("part", "late")), replace: false);

        Assert.Equal("winner", File.ReadAllText(directory["out", "7", "part"]));
    }

    [Fact]
    public void A_success_without_outputs_leaves_none_of_an_attempt_that_died_before_its_report()
    {
        Promote(Attempt(("part", "first")), replace: true);
        OutputPromotion.Remove(directory["out"], 7);

        Assert.Empty(Directory.GetFileSystemEntries(directory["out"]));
    }

    private void Promote(string from, bool replace) => OutputPromotion.Promote(from, directory["out"], 7, replace);

    private string Attempt(params (string Name, string Text)[] files)
    {
        var from = directory[$"attempt-{Guid.NewGuid():N}"];
        Directory.CreateDirectory(from);
        foreach (var (name, text) in files)
            File.WriteAllText(Path.Combine(from, name), text);
        return from;
    }
}
