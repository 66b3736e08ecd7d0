using DistributedBatch.Cli.Checks;

namespace DistributedBatch.Cli.Tests.Checks;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ProgramCheckTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("dbatch programs ").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_program_is_found_on_PATH_or_by_its_path()
    {
        Script("tool", executable: true);

        Assert.Null(ProgramCheck.Mistake("true", directory, "/bin"));
        Assert.Null(ProgramCheck.Mistake("./tool", directory, ""));
        Assert.Null(ProgramCheck.Mistake(Path.Combine(directory, "tool"), "/", ""));
        Assert.Null(ProgramCheck.Mistake("{item}", directory, ""));
    }

    [Fact]
    public void A_missing_program_is_named_and_one_that_lies_here_is_offered()
    {
        Script("tool", executable: true);
        Script("plain", executable: false);

        Assert.Equal("There is no program 'nope' on PATH. Install it or give its path.", ProgramCheck.Mistake("nope", directory, "/bin"));
        Assert.Equal("There is no program 'tool' on PATH; did you mean ./tool?", ProgramCheck.Mistake("tool", directory, "/bin"));
        Assert.Contains("chmod +x plain", ProgramCheck.Mistake("plain", directory, "/bin"), StringComparison.Ordinal);
        Assert.Equal(
            $"There is no program './nope' on this host (looked for '{Path.Combine(directory, "nope")}'); check the path and the working directory.",
            ProgramCheck.Mistake("./nope", directory, "/bin"));
    }

    [Fact]
    public void A_program_needs_its_execute_bit_and_must_not_be_a_directory()
    {
        Script("plain", executable: false);

        Assert.Contains("'./plain' has no execute permission; run chmod +x ./plain,", ProgramCheck.Mistake("./plain", directory, ""), StringComparison.Ordinal);
        Assert.Equal("'.' is a directory, not a program.", ProgramCheck.Mistake("./", directory, "")!.Replace("./", ".", StringComparison.Ordinal));
    }

    private void Script(string name, bool executable)
    {
        var file = Path.Combine(directory, name);
        File.WriteAllText(file, "#!/bin/sh\n");
        File.SetUnixFileMode(file, executable ? UnixFileMode.UserRead | UnixFileMode.UserExecute : UnixFileMode.UserRead);
    }
}
