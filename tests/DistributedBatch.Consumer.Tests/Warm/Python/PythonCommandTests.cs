using DistributedBatch.Consumer.Warm.Python;

namespace DistributedBatch.Consumer.Tests.Warm.Python;

public sealed class PythonCommandTests
{
    [Theory]
    [InlineData("python script.py a b", "python", "", "script.py", null, "a b")]
    [InlineData("python3.11 -u -O script.py", "python3.11", "-u -O", "script.py", null, "")]
    [InlineData("/venv/bin/python -uOB script.py -x", "/venv/bin/python", "-u -O -B", "script.py", null, "-x")]
    [InlineData("python -W error -Xdev -X utf8 s.py", "python", "-W error -X dev -X utf8", "s.py", null, "")]
    [InlineData("python -m pkg.mod --flag", "python", "", null, "pkg.mod", "--flag")]
    [InlineData("python -umpkg x", "python", "-u", null, "pkg", "x")]
    [InlineData("uv run python -u s.py 1", "uv run python", "-u", "s.py", null, "1")]
    [InlineData("uv run --frozen s.py 1", "uv run --frozen python", "", "s.py", null, "1")]
    [InlineData("python3.13t s.py", "python3.13t", "", "s.py", null, "")]
    public void A_command_that_starts_Python_is_parsed(string command, string interpreter, string flags, string? script, string? module, string arguments)
    {
        var found = Assert.IsType<PythonParseResult.Parsed>(PythonCommand.Parse(command.Split(' '))).Command;

        Assert.Equal(interpreter, string.Join(' ', found.Interpreter));
        Assert.Equal(flags, string.Join(' ', found.Flags));
        Assert.Equal(script, found.Script);
        Assert.Equal(module, found.Module);
        Assert.Equal(arguments, string.Join(' ', found.Arguments));
    }

    [Theory]
    [InlineData("bash -c true", "not a Python interpreter")]
    [InlineData("python", "without a script")]
    [InlineData("python -c print(1)", "'-c' needs a process of its own")]
    [InlineData("python -i s.py", "'-i' needs a process of its own")]
    [InlineData("python -", "standard input")]
    [InlineData("python -X importtime s.py", "importtime")]
    [InlineData("python -m", "lacks its value")]
    [InlineData("pypy3 s.py", "PyPy")]
    [InlineData("uv run --with torch s.py", "--python")]
    [InlineData("uv run pytest", "not a Python script")]
    [InlineData("uv sync now", "only 'uv run'")]
    [InlineData("python --version", "--version")]
    public void A_command_that_needs_a_process_of_its_own_is_refused_with_the_reason(string command, string reason) =>
        Assert.Contains(reason, Assert.IsType<PythonParseResult.Unsupported>(PythonCommand.Parse(command.Split(' '))).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData("python s.py", "/opt/env/bin/python")]
    [InlineData("python3 s.py", "/opt/env/bin/python")]
    [InlineData("python3.9 s.py", "python3.9")]
    [InlineData("/usr/bin/python s.py", "/usr/bin/python")]
    public void The_chosen_interpreter_replaces_only_python_and_python3(string command, string expected) =>
        Assert.Equal([expected], Assert.IsType<PythonParseResult.Parsed>(PythonCommand.Parse(command.Split(' '), "/opt/env/bin/python")).Command.Interpreter);
}
