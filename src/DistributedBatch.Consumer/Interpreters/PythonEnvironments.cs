using System.Collections;

namespace DistributedBatch.Consumer.Interpreters;

/// <summary>Finds the environment that a job names with <c>--conda</c> or <c>--venv</c>.</summary>
public static class PythonEnvironments
{
    /// <summary>The environment of a job on this host. Asks conda, which takes a second, only when the name is found nowhere else.</summary>
    /// <param name="job">The job.</param>
    /// <param name="workingDirectory">Where a relative path starts.</param>
    /// <param name="variables">Environment variables that may name conda's directory; null for those of this process.</param>
    public static EnvironmentReading Find(JobSpec job, string workingDirectory, IReadOnlyDictionary<string, string>? variables = null)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.Venv is { } venv)
            return Venv(Path.GetFullPath(venv, workingDirectory));
        if (job.Conda is not { } name)
            return new EnvironmentReading.NotAsked();
        if (name.Contains('/', StringComparison.Ordinal))
            return CondaAt(Path.GetFullPath(name, workingDirectory));
        var installation = new CondaInstallation(variables ?? OwnVariables());
        return installation.Find(name) is { } prefix
            ? new EnvironmentReading.Found(PythonEnvironment.Conda(prefix, name))
            : new EnvironmentReading.Missing(
                $"There is no conda environment '{name}' with a Python in it here{Known(installation)}; make it with 'conda create -n {name} python', or name its directory: --conda /path/to/{name}");
    }

    private static EnvironmentReading Venv(string prefix) => HasPython(prefix)
        ? new EnvironmentReading.Found(PythonEnvironment.Venv(prefix))
        : new EnvironmentReading.Missing(
            $"'{prefix}' is no virtual environment: it has no bin/python; make it with 'python3 -m venv {prefix}', or name another with --venv.");

    private static EnvironmentReading CondaAt(string prefix) => HasPython(prefix)
        ? new EnvironmentReading.Found(PythonEnvironment.Conda(prefix, prefix)) // conda names an environment without a name by its directory
        : new EnvironmentReading.Missing(
            $"'{prefix}' is no conda environment with a Python in it: it has no bin/python; make it with 'conda create -p {prefix} python', or name another with --conda.");

    private static string Known(CondaInstallation installation) =>
        string.Join(", ", installation.Names.Order(StringComparer.Ordinal)) is { Length: > 0 } names ? $" (there are: {names})" : "";

    private static Dictionary<string, string> OwnVariables() => System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);

    private static bool HasPython(string prefix) => File.Exists(PythonEnvironment.InterpreterIn(prefix));
}
