using DistributedBatch.Consumer.Interpreters;

namespace DistributedBatch.Consumer.Tests.Interpreters;

public sealed class PythonEnvironmentsTests : IDisposable
{
    private readonly TempDirectory place = new();

    public void Dispose() => place.Dispose();

    [Theory]
    [InlineData("CONDA_EXE", "conda/bin/conda")]
    [InlineData("CONDA_EXE", "conda/condabin/conda")]
    [InlineData("MAMBA_ROOT_PREFIX", "conda")]
    [InlineData("CONDA_ENVS_PATH", "conda/envs")]
    public void A_conda_environment_is_found_by_name_in_the_directory_of_a_variable(string variable, string value)
    {
        Interpreter("conda/envs/vision");

        var found = Found("vision", (variable, place[value]));
        Assert.Equal(place["conda/envs/vision/bin/python"], found.Interpreter);
    }

    [Theory]
    [InlineData("miniconda3/envs/vision")]
    [InlineData("miniforge3/envs/vision")]
    [InlineData(".conda/envs/vision")]
    public void Without_a_variable_it_is_found_in_the_usual_directories_of_conda(string prefix)
    {
        Interpreter(prefix);

        Assert.Equal(place[prefix], Found("vision").Prefix);
    }

    [Fact]
    public void It_is_found_in_the_list_of_environments_that_conda_keeps()
    {
        Interpreter("far/away/vision");
        place.Write(".conda/environments.txt", $"{place["gone"]}\n{place["far/away/vision"]}\n");

        Assert.Equal(place["far/away/vision"], Found("vision").Prefix);
    }

    [Fact]
    public void Conda_is_asked_last()
    {
        Interpreter("odd/vision");
        Interpreter("root");
        var conda = Program("tools/conda", $$"""
            #!/bin/sh
            [ "$*" = "info --json" ] && echo '{"envs": ["{{place["root"]}}", "{{place["odd/vision"]}}"], "root_prefix": "{{place["root"]}}"}'
            """);

        Assert.Equal(place["odd/vision"], Found("vision", ("CONDA_EXE", conda)).Prefix);
        Assert.Equal(place["root"], Found("base", ("CONDA_EXE", conda)).Prefix);
    }

    [Fact]
    public void A_name_with_a_slash_is_a_directory()
    {
        Interpreter("mine");

        Assert.Equal(place["mine"], Found("./mine").Prefix);
        Assert.Contains("it has no bin/python", Missing(new JobSpec { Command = ["x"], Conda = "./other" }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_environment_is_reported_with_the_names_that_exist()
    {
        Interpreter("miniconda3");
        Directory.CreateDirectory(place["miniconda3/condabin"]);
        Interpreter("miniconda3/envs/vision");
        Interpreter("miniconda3/envs/audio");

        Assert.StartsWith(
            "There is no conda environment 'vison' with a Python in it here (there are: audio, base, vision); make it with 'conda create -n vison python'",
            Missing(new JobSpec { Command = ["x"], Conda = "vison" }, ("CONDA_EXE", "/no/such/conda")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_sees_an_activated_environment()
    {
        Interpreter("miniconda3/envs/vision");
        var variables = new Dictionary<string, string> { ["PATH"] = "/usr/bin", ["PYTHONHOME"] = "/elsewhere", ["OTHER"] = "kept" };
        Found("vision").Activate(variables);
        Assert.Equal(
            new() { ["PATH"] = place["miniconda3/envs/vision/bin"] + ":/usr/bin", ["OTHER"] = "kept", ["CONDA_PREFIX"] = place["miniconda3/envs/vision"], ["CONDA_DEFAULT_ENV"] = "vision", ["CONDA_SHLVL"] = "1" },
            variables);

        Interpreter("venv");
        var found = Assert.IsType<EnvironmentReading.Found>(PythonEnvironments.Find(new JobSpec { Command = ["x"], Venv = "venv" }, place.Path)).Environment;
        variables = [];
        found.Activate(variables);
        Assert.Equal(new() { ["PATH"] = place["venv/bin"], ["VIRTUAL_ENV"] = place["venv"] }, variables);
    }

    [Fact]
    public void A_directory_without_an_interpreter_is_no_virtual_environment() =>
        Assert.Contains("is no virtual environment: it has no bin/python; make it with 'python3 -m venv ", Missing(new JobSpec { Command = ["x"], Venv = "nothing" }), StringComparison.Ordinal);

    private PythonEnvironment Found(string conda, params (string Name, string Value)[] variables) =>
        Assert.IsType<EnvironmentReading.Found>(PythonEnvironments.Find(new JobSpec { Command = ["x"], Conda = conda }, place.Path, Variables(variables))).Environment;

    private string Missing(JobSpec job, params (string Name, string Value)[] variables) =>
        Assert.IsType<EnvironmentReading.Missing>(PythonEnvironments.Find(job, place.Path, Variables(variables))).Error;

    private Dictionary<string, string> Variables((string Name, string Value)[] given)
    {
        var variables = given.ToDictionary(pair => pair.Name, pair => pair.Value);
        variables["HOME"] = place.Path;
        variables.TryAdd("CONDA_EXE", "/no/such/conda"); // keeps the test from asking a conda of this machine
        return variables;
    }

    private void Interpreter(string prefix) => Program($"{prefix}/bin/python", "#!/bin/sh\nexec /usr/bin/python3 \"$@\"\n");

    private string Program(string name, string text)
    {
        var path = place.Write(name, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
