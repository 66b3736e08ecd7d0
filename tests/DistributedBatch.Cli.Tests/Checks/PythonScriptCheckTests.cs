using DistributedBatch.Cli.Checks;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Cli.Tests.Checks;

public sealed class PythonScriptCheckTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory(Timeout = 60_000)]
    [InlineData("import os\nimport no_such_module.part as part\n", "job.py line 2 imports 'no_such_module': ")]
    [InlineData("\"\"\"Text.\"\"\"\nfrom __future__ import annotations\nfrom no_such_module import thing\n", "job.py line 3 imports 'no_such_module': ")]
    [InlineData("import os\nprint(\n", "job.py line 2: SyntaxError: '(' was never closed")]
    public async Task What_would_fail_every_chunk_is_reported(string script, string sentence) =>
        Assert.StartsWith(sentence, await MistakeAsync(script).WaitAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

    [Theory(Timeout = 60_000)]
    [InlineData("import os, json\nfrom collections import abc\nprint(os.sep)\n")]
    [InlineData("try:\n    import no_such_module\nexcept ImportError:\n    pass\n")]
    [InlineData("import sys\nsys.path.insert(0, 'third')\nimport vendored\n")]
    [InlineData("import helper\nimport vendored\n")]
    [InlineData("from . import no_such_module\n")]
    [InlineData("def f():\n    import no_such_module\n")]
    [InlineData("import package.part\nimport plain\n")]
    public async Task What_may_work_is_not_reported(string script)
    {
        directory.Write("helper.py", "import sys\nsys.path.insert(0, 'third')\n");
        directory.Write("third/vendored.py", "");
        directory.Write("package/part.py", "");
        directory.Write("plain.py", "raise SystemExit('imported')");

        Assert.Null(await MistakeAsync(script).WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Only_the_script_of_a_Python_command_that_runs_first_is_read()
    {
        directory.Write("job.py", "");

        Assert.NotNull(Check("/usr/bin/python3", "-u", "job.py"));
        Assert.Null(Check("/usr/bin/python3", "-c", "job.py"));
        Assert.Null(Check("/bin/echo", "job.py"));
        Assert.Null(PythonScriptCheck.For(Spec("/usr/bin/python3", "job.py") with { Before = ["true"] }, directory.Path, Variables()));
    }

    private async Task<string?> MistakeAsync(string script)
    {
        directory.Write("job.py", script);
        return await Check("/usr/bin/python3", "job.py", "{start}")!.MistakeAsync();
    }

    private PythonScriptCheck? Check(params string[] command) => PythonScriptCheck.For(Spec(command), directory.Path, Variables());

    private static RunSpec Spec(params string[] command) => new() { Name = "job", Dataset = new RangeDataset(1), Job = new JobSpec { Command = command } };

    private static Dictionary<string, string> Variables() => new() { ["PATH"] = "/usr/bin:/bin" };
}
