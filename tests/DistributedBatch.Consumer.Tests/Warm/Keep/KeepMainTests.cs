namespace DistributedBatch.Consumer.Tests.Warm.Keep;

/// <summary>A kept script is <c>__main__</c>, with its main guard shut.</summary>
public sealed class KeepMainTests
{
    [Fact(Timeout = 180_000)]
    public async Task A_model_that_the_script_pickled_as_main_loads()
    {
        await using var fixture = new WarmFixture("""
            import os, pickle
            class Scale:
                def __init__(self, factor):
                    self.factor = factor
            model = pickle.load(open('model.pkl', 'rb')) if os.path.exists('model.pkl') else None
            def process(start, count):
                return [model.factor, pickle.loads(pickle.dumps(model)).factor, Scale.__module__]
            if __name__ == "__main__":
                pickle.dump(Scale(3), open('model.pkl', 'wb'))
            """) { Mode = WarmMode.Keep };
        Assert.Equal("exit 0", (await fixture.RunColdAsync(fixture.Start()).WaitAsync(TestContext.Current.CancellationToken)).How);

        var start = fixture.Start();
        Assert.Equal(new ProgramResult("exit 0", "", ""), await fixture.RunAsync(start, TestContext.Current.CancellationToken));
        Assert.Equal("""[3, 3, "__main__"]""", fixture.ResultOf(start));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("multiprocessing.get_context('fork').Pool(1)")]
    [InlineData("multiprocessing.get_context('spawn').Pool(1)")]
    [InlineData("multiprocessing.get_context('forkserver').Pool(1)")]
    [InlineData("concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context('spawn'))")]
    public async Task Worker_processes_find_the_functions_of_the_script(string pool)
    {
        await using var fixture = new WarmFixture($"""
            import concurrent.futures, multiprocessing
            def square(x):
                return x * x
            def process(start, count):
                with {pool} as pool:
                    return list(pool.map(square, [1, 2]))
            """) { Mode = WarmMode.Keep };

        var start = fixture.Start() with { Timeout = TimeSpan.FromMinutes(1) };
        Assert.Equal(new ProgramResult("exit 0", "", ""), await fixture.RunAsync(start, TestContext.Current.CancellationToken));
        Assert.Equal("[1, 4]", fixture.ResultOf(start));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("if __name__ == '__main__':\n    raise SystemExit('open')")]
    [InlineData("if '__main__' == __name__ and True:\n    raise SystemExit('open')")]
    [InlineData("if __name__ != '__main__':\n    pass\nelse:\n    raise SystemExit('open')")]
    [InlineData("def main():\n    if __name__ == '__main__':\n        raise SystemExit('open')\nmain()")]
    public async Task The_main_guard_is_shut_however_it_is_written(string guard)
    {
        await using var fixture = new WarmFixture($"def process(start, count):\n    return __name__\n{guard}\n") { Mode = WarmMode.Keep };
        var start = fixture.Start();

        Assert.Equal(new ProgramResult("exit 0", "", ""), await fixture.RunAsync(start, TestContext.Current.CancellationToken));
        Assert.Equal("\"__main__\"", fixture.ResultOf(start));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_module_is_main_with_its_package()
    {
        await using var fixture = new WarmFixture { Mode = WarmMode.Keep };
        fixture.Write("package/__init__.py", "");
        fixture.Write("package/other.py", "TWO = 2\n");
        fixture.Write("package/job.py", "from .other import TWO\nimport multiprocessing\ndef square(x):\n    return TWO * x\ndef process(start, count):\n    with multiprocessing.get_context('spawn').Pool(1) as pool:\n        return [__name__, __package__, pool.map(square, [4])]\n");
        var start = fixture.Start([WarmFixture.Python, "-m", "package.job"]) with { Timeout = TimeSpan.FromMinutes(1) };

        Assert.Equal(new ProgramResult("exit 0", "", ""), await fixture.RunAsync(start, TestContext.Current.CancellationToken));
        Assert.Equal("""["__main__", "package", [8]]""", fixture.ResultOf(start));
    }
}
