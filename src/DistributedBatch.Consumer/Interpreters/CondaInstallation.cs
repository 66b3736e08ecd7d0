using System.Diagnostics;
using System.Text.Json;

namespace DistributedBatch.Consumer.Interpreters;

/// <summary>
/// The environments that conda, mamba or micromamba made on this host. Searches the usual directories first, because a service has no shell in which
/// conda is set up; then asks conda. For the directories, see "Managing environments" in the conda documentation.
/// </summary>
/// <param name="variables">The environment of this process.</param>
internal sealed class CondaInstallation(IReadOnlyDictionary<string, string> variables)
{
    private static readonly TimeSpan CondaTimeout = TimeSpan.FromSeconds(20);
    private static readonly string[] UsualNames = ["miniconda3", "miniforge3", "mambaforge", "anaconda3", "micromamba", ".conda"];

    private readonly List<string> prefixes = [];

    // Directories of installations, whose environment is named base.
    private readonly HashSet<string> bases = new(StringComparer.Ordinal);

    /// <summary>Names of the environments found so far.</summary>
    public IEnumerable<string> Names => prefixes.Where(HasPython).Select(NameOf).Distinct();

    /// <summary>The directory of an environment; null when there is none of that name.</summary>
    /// <param name="name">Its name; <c>base</c> is the installation itself.</param>
    public string? Find(string name)
    {
        prefixes.AddRange(SearchDirectories());
        if (Named(name) is { } found)
            return found;
        prefixes.AddRange(AskConda());
        return Named(name);
    }

    private string? Named(string name) => prefixes.FirstOrDefault(prefix => NameOf(prefix) == name && HasPython(prefix));

    private IEnumerable<string> SearchDirectories()
    {
        foreach (var root in Roots().Where(Directory.Exists))
        {
            yield return root;
            foreach (var prefix in Under(Path.Combine(root, "envs")))
                yield return prefix;
        }

        var directories = (Text("CONDA_ENVS_PATH") ?? Text("CONDA_ENVS_DIRS") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        foreach (var prefix in directories.SelectMany(Under).Concat(Registered()))
            yield return prefix;
    }

    private IEnumerable<string> Roots()
    {
        // CONDA_EXE is ROOT/bin/conda, or ROOT/condabin/conda.
        if (Text("CONDA_EXE") is { } program && Path.GetDirectoryName(Path.GetDirectoryName(program)) is { Length: > 0 } root)
            yield return root;
        if (Text("MAMBA_ROOT_PREFIX") is { } mamba)
            yield return mamba;
        foreach (var name in UsualNames)
        {
            if (Text("HOME") is { } home)
                yield return Path.Combine(home, name);
            yield return Path.Combine("/opt", name);
        }

        yield return "/opt/conda";
    }

    // conda registers every environment that it makes, wherever its directory is.
    private string[] Registered()
    {
        try
        {
            return Text("HOME") is { } home ? File.ReadAllLines(Path.Combine(home, ".conda", "environments.txt")) : [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private List<string> AskConda()
    {
        var info = new ProcessStartInfo(Text("CONDA_EXE") ?? "conda", ["info", "--json"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var conda = Process.Start(info)!;
            var answer = conda.StandardOutput.ReadToEndAsync();
            _ = conda.StandardError.ReadToEndAsync();
            if (!conda.WaitForExit(CondaTimeout))
            {
                conda.Kill(entireProcessTree: true);
                return [];
            }

            using var json = JsonDocument.Parse(answer.GetAwaiter().GetResult());
            var envs = json.RootElement.TryGetProperty("envs", out var list) ? list.EnumerateArray().Select(env => env.GetString() ?? "").ToList() : [];
            if (json.RootElement.TryGetProperty("root_prefix", out var root) && root.GetString() is { } path)
                bases.Add(path);
            return envs;
        }
        catch (Exception failure) when (failure is System.ComponentModel.Win32Exception or JsonException or InvalidOperationException)
        {
            return []; // There is no conda, or it does not answer.
        }
    }

    private string NameOf(string prefix) =>
        bases.Contains(prefix) || Directory.Exists(Path.Combine(prefix, "condabin")) ? "base" : Path.GetFileName(prefix.TrimEnd('/'));

    private string? Text(string name) => variables.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;

    private static bool HasPython(string prefix) => File.Exists(PythonEnvironment.InterpreterIn(prefix));

    // A directory of somebody else that may not be read has no environment for us.
    private static string[] Under(string directory)
    {
        try
        {
            return Directory.Exists(directory) ? Directory.GetDirectories(directory) : [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
