namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>The optional Python package gives a script the same chunk in every mode.</summary>
public sealed class PythonPackageTests
{
    private const string Script = """
        import sys
        from dbatch import chunk, main, process, progress

        @process
        def squares(start, count):
            progress(1, "done")
            print(chunk, chunk.end, chunk.index, chunk.seed)
            (chunk.out / "squares.txt").write_text(str([i * i for i in range(start, start + count)]))
            return {"sum": sum(range(start, start + count))}

        if __name__ == "__main__":
            main()
        """;

    [Theory(Timeout = 180_000)]
    [InlineData(WarmMode.Off)]
    [InlineData(WarmMode.Fork)]
    [InlineData(WarmMode.Keep)]
    public async Task A_decorated_function_runs_its_chunk_in_every_mode(WarmMode mode)
    {
        await using var fixture = new WarmFixture(Script) { Mode = mode };
        var start = fixture.Start(environment: PackageVariables(fixture), start: 4, count: 3);

        Assert.Equal(mode, (await fixture.ChooseAsync(start)).Mode);
        Assert.Equal(
            new ProgramResult("exit 0", "Chunk(start=4, count=3, index=7, attempt=1) 7 7 12345\n", "progress 100% done\n"),
            await fixture.RunAsync(start, TestContext.Current.CancellationToken));
        Assert.Equal("""{"sum": 15}""", fixture.ResultOf(start));
        Assert.Equal("[16, 25, 36]", File.ReadAllText(Path.Combine(fixture.Directory, "out", "squares.txt")));
    }

    [Fact(Timeout = 180_000)]
    public async Task The_same_script_runs_by_hand()
    {
        await using var fixture = new WarmFixture(Script);
        var start = fixture.Start([WarmFixture.Python, "script.py", "4", "3"]);
        var byHand = start.Environment.Where(pair => !pair.Key.StartsWith("DBATCH_", StringComparison.Ordinal)).ToDictionary();
        byHand["PYTHONPATH"] = PackageVariables(fixture)["PYTHONPATH"];

        var ended = await fixture.RunColdAsync(start with { Environment = byHand }).WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("Chunk(start=4, count=3, index=0, attempt=1) 7 0 0\n{\"sum\": 15}\n", ended.Stdout);
        Assert.True(File.Exists(Path.Combine(fixture.Directory, "dbatch-out", "squares.txt")));

        var wrong = await fixture.RunColdAsync(start with { Command = [WarmFixture.Python, "script.py"], Environment = byHand });
        Assert.Equal(("exit 1", "usage: script.py START COUNT (or run it with dbatch)\n"), (wrong.How, wrong.Stderr));
    }

    [Fact(Timeout = 180_000)]
    public async Task Importing_only_the_decorator_defines_no_function_to_call()
    {
        await using var fixture = new WarmFixture("from dbatch import process\nprint('plain')\n") { Mode = WarmMode.Keep };
        var start = fixture.Start(environment: PackageVariables(fixture));

        Assert.Equal(WarmMode.Fork, (await fixture.ChooseAsync(start)).Mode);
        Assert.Equal("plain\n", (await fixture.RunAsync(start, TestContext.Current.CancellationToken)).Stdout);
    }

    private static Dictionary<string, string> PackageVariables(WarmFixture fixture)
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "DistributedBatch.sln")))
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("The tests run outside of the repository.");
        return new()
        {
            ["PYTHONPATH"] = Path.Combine(root, "python", "src"),
            ["PYTHONDONTWRITEBYTECODE"] = "1",
            ["DBATCH_OUT"] = Path.Combine(fixture.Directory, "out"),
        };
    }
}
