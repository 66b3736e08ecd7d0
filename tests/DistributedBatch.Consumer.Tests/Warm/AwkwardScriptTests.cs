namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>Each script has the same exit code, output and error text in a process of its own and as a fork, or is not forked with a reason.</summary>
public sealed class AwkwardScriptTests
{
    // Scripts that cannot be forked, with a part of the reason.
    private static readonly Dictionary<string, string> NotForked = new()
    {
        ["a shadowed module that is loaded already"] = "has the name of a module",
        ["a script that does not exist"] = "script.py",
    };

    // Scripts of which imports are left to the chunks, with a part of the reason.
    private static readonly Dictionary<string, string> Left = new()
    {
        ["matplotlib at import"] = "line 2 of script.py comes first: logging.getLogger",
    };

    public static TheoryData<string> Names => [.. AwkwardScripts.All.Keys];

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Names))]
    public async Task An_awkward_script_behaves_the_same_as_a_fork(string name)
    {
        var script = AwkwardScripts.All[name];
        if (script.NeedsTorch)
            WarmFixture.RequireTorch();
        await using var fixture = new WarmFixture();
        if (script.Module is null && name != "a script that does not exist")
            fixture.Write("script.py", script.Text);
        foreach (var (file, text) in script.Files)
            fixture.Write(file, text);

        string[] what = script.Module is null ? ["script.py"] : ["-m", script.Module];
        string[] command = [WarmFixture.Python, .. script.Flags, .. what, .. script.Arguments];
        var environment = name == "numpy with many threads" ? new Dictionary<string, string> { ["OPENBLAS_NUM_THREADS"] = "2", ["OMP_NUM_THREADS"] = "2" } : null;

        var plain = await fixture.RunColdAsync(fixture.Start(command, script.Stdin, environment));
        var start = fixture.Start(command, script.Stdin, environment);
        var choice = await fixture.ChooseAsync(start);
        var warm = await fixture.RunAsync(start, TestContext.Current.CancellationToken);

        Assert.Equal(plain, warm);
        if (NotForked.TryGetValue(name, out var reason))
        {
            Assert.Equal(WarmMode.Off, choice.Mode);
            Assert.Contains(reason, choice.Reason, StringComparison.Ordinal);
        }
        else
        {
            if (Left.TryGetValue(name, out var left))
                Assert.Contains(left, choice.Reason, StringComparison.Ordinal);
            else
                Assert.Null(choice.Reason);
            Assert.Equal(WarmMode.Fork, choice.Mode);
            Assert.Equal(1, fixture.Cold.Runs);
        }
    }
}
