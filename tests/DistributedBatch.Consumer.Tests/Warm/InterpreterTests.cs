namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>The interpreter that a command names is the one that is forked.</summary>
public sealed class InterpreterTests
{
    private const string Script = "import sys, statistics\nprint(sys.prefix, sys.executable, sys.flags.optimize, sys.stdout.write_through, sys.argv, __name__, __package__)\n";

    [Theory(Timeout = 180_000)]
    [InlineData("venv/bin/python script.py 1", "venv")]
    [InlineData("venv/bin/python -u -O script.py 1", "venv")]
    [InlineData("venv/bin/python -m package 1", "venv")]
    [InlineData("uv run script.py 1", "venv")]
    [InlineData("uv run --frozen python -u script.py 1", "venv")]
    [InlineData("uv run python -m package 1", "venv")]
    [InlineData("/usr/bin/python3 script.py 1", "/usr")]
    public async Task It_behaves_the_same_as_in_a_process_of_its_own(string command, string prefix)
    {
        await using var fixture = new WarmFixture(Script);
        fixture.Write("package/__init__.py", "");
        fixture.Write("package/__main__.py", Script);
        await CliWrap.Cli.Wrap("/usr/bin/python3").WithArguments(["-m", "venv", "--without-pip", Path.Combine(fixture.Directory, "venv")])
            .ExecuteAsync(TestContext.Current.CancellationToken);

        // uv starts the interpreter of the project's environment as its child.
        var uv = fixture.Write("bin/uv", "#!/bin/sh\nshift\nwhile [ \"${1#-}\" != \"$1\" ]; do shift; done\n[ \"$1\" = python ] && shift\n.venv/bin/python \"$@\"\n");
        File.SetUnixFileMode(uv, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Path.Combine(fixture.Directory, ".venv"), "venv");
        var variables = new Dictionary<string, string> { ["PATH"] = $"{fixture.Directory}/venv/bin:{fixture.Directory}/bin:/usr/bin:/bin" };
        string[] words = command.Split(' ');
        words[0] = words[0] == "uv" ? uv : Path.Combine(fixture.Directory, words[0]); // the plain runner searches the PATH of the test

        var plain = await fixture.RunColdAsync(fixture.Start(words, environment: variables));
        var start = fixture.Start(words, environment: variables);
        Assert.Equal(WarmMode.Fork, (await fixture.ChooseAsync(start)).Mode);
        Assert.Equal(plain, await fixture.RunAsync(start, TestContext.Current.CancellationToken));
        Assert.Equal("exit 0", plain.How);
        Assert.StartsWith(prefix == "venv" ? fixture.Directory : prefix, plain.Stdout, StringComparison.Ordinal);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("python")]
    [InlineData("python3")]
    [InlineData("python3.11")]
    public async Task A_name_without_a_directory_is_looked_up_on_the_path_of_the_job(string name)
    {
        await using var fixture = new WarmFixture(Script);
        await CliWrap.Cli.Wrap("/usr/bin/python3").WithArguments(["-m", "venv", "--without-pip", Path.Combine(fixture.Directory, "venv")])
            .ExecuteAsync(TestContext.Current.CancellationToken);

        var start = fixture.Start([name, "script.py"], environment: new Dictionary<string, string> { ["PATH"] = $"{fixture.Directory}/venv/bin:/usr/bin" });
        Assert.Equal(WarmMode.Fork, (await fixture.ChooseAsync(start)).Mode);
        Assert.StartsWith($"{fixture.Directory}/venv {fixture.Directory}/venv/bin/{name} ", (await fixture.RunAsync(start, TestContext.Current.CancellationToken)).Stdout, StringComparison.Ordinal);
    }
}
