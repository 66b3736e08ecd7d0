using DistributedBatch.Cli.Checks;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Cli.Tests.Checks;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class CommandCheckTests : IDisposable
{
    private const string SearchPath = "/usr/bin:/bin";
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("python3", "scirpt.py")]
    [InlineData("/usr/bin/python3", "-u", "-W", "error", "scirpt.py", "{start}")]
    [InlineData("sh", "scirpt.py")]
    [InlineData("perl", "scirpt.py")]
    public void A_script_that_is_not_there_is_reported_with_the_nearest_one(params string[] command)
    {
        directory.Write("script.py", "");

        Assert.Equal($"There is no file scirpt.py in {directory.Path}; did you mean script.py?", Mistake(command));
    }

    [Theory]
    [InlineData("python3", "script.py")]
    [InlineData("python3", "-m", "scirpt")]
    [InlineData("python3", "-c", "print(1)", "scirpt.py")]
    [InlineData("python3", "-")]
    [InlineData("python3", "-Im", "scirpt")]
    [InlineData("python3", "{item}.py")]
    [InlineData("python3", "package")]
    [InlineData("sh", "-c", "scirpt.py")]
    [InlineData("bash", "env")]
    [InlineData("perl", "-e", "1")]
    [InlineData("echo", "scirpt.py")]
    [InlineData("sh", "-x", "scirpt.py")]
    public void What_may_work_is_not_reported(params string[] command)
    {
        directory.Write("script.py", "");
        Directory.CreateDirectory(directory["package"]);

        Assert.Null(Mistake(command));
    }

    [Fact]
    public void A_command_that_runs_first_may_make_the_missing_files()
    {
        Assert.Null(new CommandCheck(directory.Path, SearchPath, mayMakeFiles: true).Mistake(["python3", "made.py"]));
        Assert.Null(new CommandCheck(directory.Path, SearchPath, mayMakeFiles: true).Mistake(["./made"]));
        Assert.Contains("There is no program './made'", Mistake(["./made"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("python3 job.py {start} > out.txt")]
    [InlineData("env python3 job.py")]
    [InlineData("unknown --in {item} | sort")]
    public void A_whole_line_as_one_word_is_reported(string line) => Assert.Contains("is one word, and there is no program of that name.", Mistake([line]), StringComparison.Ordinal);

    [Fact]
    public void A_program_with_blanks_in_its_name_is_a_program()
    {
        Script("env my program", "#!/bin/sh\n");

        Assert.Null(Mistake(["./env my program"]));
    }

    [Theory]
    [InlineData("#!/usr/bin/python3\r\nprint(1)\r\n", "has Windows line ends, so its first line names the interpreter '/usr/bin/python3\\r', which does not exist.")]
    [InlineData("#!/usr/bin/env python3\r\nprint(1)\r\n", "names the interpreter 'python3\\r'")]
    [InlineData("#!/usr/bin/pyhton3\nprint(1)\n", "asks for the interpreter /usr/bin/pyhton3, which does not exist.")]
    [InlineData("#!/usr/bin/env pyhton3\n", "asks for the interpreter pyhton3, which is not on PATH.")]
    public void A_first_line_that_names_no_interpreter_is_reported(string text, string sentence)
    {
        Script("job", text);

        Assert.Contains(sentence, Mistake(["./job"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#!/bin/sh\ntrue\r\n")]
    [InlineData("#!/usr/bin/env -S sh -e\n")]
    [InlineData("#! /bin/sh -e\n")]
    [InlineData("#!/usr/bin/env A=1 sh\n")]
    [InlineData("#!/usr/bin/perl -w\r\n")]
    [InlineData("#!\n")]
    [InlineData("echo no first line\r\n")]
    public void A_first_line_that_may_work_is_not_reported(string text)
    {
        Script("job", text);

        Assert.Null(Mistake(["./job"]));
    }

    [Fact]
    public void A_tilde_that_no_shell_replaced_is_explained() =>
        Assert.Contains("No shell replaces the ~ in a command", Mistake(["python3", "~/job.py"]), StringComparison.Ordinal);

    private string? Mistake(string[] command) => new CommandCheck(directory.Path, SearchPath, mayMakeFiles: false).Mistake(command);

    private void Script(string name, string text) =>
        File.SetUnixFileMode(directory.Write(name, text), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
