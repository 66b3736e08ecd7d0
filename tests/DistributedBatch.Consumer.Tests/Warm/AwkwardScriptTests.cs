namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>Each script gives the same exit code, output and error text in a process of its own and as a fork, or falls back with a reason.</summary>
public sealed class AwkwardScriptTests
{
    // What no fork can do faithfully, and what the reason must name.
    private static readonly Dictionary<string, string> FallsBack = new()
    {
        ["a shadowed module that is loaded already"] = "has the name of a module",
        ["a script that does not exist"] = "script.py",
    };

    public static TheoryData<string> Names => [.. AwkwardScripts.All.Keys];

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Names))]
    public async Task An_awkward_script_does_the_same_as_a_fork(string name)
    {
        var script = AwkwardScripts.All[name];
        if (script.NeedsTorch)
            WarmPlace.NeedTorch();
        await using var place = new WarmPlace();
        if (script.Module is null && name != "a script that does not exist")
            place.Write("script.py", script.Text);
        foreach (var (file, text) in script.Files)
            place.Write(file, text);

        string[] what = script.Module is null ? ["script.py"] : ["-m", script.Module];
        string[] command = [WarmPlace.Python, .. script.Flags, .. what, .. script.Arguments];
        var environment = name == "numpy with many threads" ? new Dictionary<string, string> { ["OPENBLAS_NUM_THREADS"] = "2", ["OMP_NUM_THREADS"] = "2" } : null;

        var plain = await place.RunColdAsync(place.Start(command, script.Stdin, environment));
        var start = place.Start(command, script.Stdin, environment);
        var choice = await place.ChooseAsync(start);
        var warm = await place.RunAsync(start, TestContext.Current.CancellationToken);

        Assert.Equal(plain, warm);
        if (FallsBack.TryGetValue(name, out var reason))
        {
            Assert.Equal(WarmMode.Off, choice.Mode);
            Assert.Contains(reason, choice.Reason, StringComparison.Ordinal);
        }
        else
        {
            Assert.Null(choice.Reason);
            Assert.Equal(WarmMode.Fork, choice.Mode);
            Assert.Equal(1, place.Cold.Runs);
        }
    }
}
