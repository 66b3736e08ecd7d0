using CliWrap;
using DistributedBatch.Cli.Text;

namespace DistributedBatch.Cli.Checks;

/// <summary>
/// What to do about a Python module that is not installed. The most common failure of a first run is that the first <c>python3</c> on PATH lacks the libraries while the
/// system's interpreter has them.
/// </summary>
internal static class MissingModule
{
    private const string SystemPython = "/usr/bin/python3";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>The remedies, ending with one that changes the environment of the run.</summary>
    /// <param name="interpreter">First word of the command.</param>
    /// <param name="module">The missing module.</param>
    /// <param name="hasEnvironment">Whether the run names a conda or virtual environment, which decides the interpreter.</param>
    public static async Task<string> RemediesAsync(string interpreter, string module, bool hasEnvironment) =>
        Remedies(interpreter, module, hasEnvironment, interpreter != SystemPython && File.Exists(SystemPython) && await HasAsync(SystemPython, module));

    /// <summary>The text of the remedies.</summary>
    /// <param name="interpreter">First word of the command.</param>
    /// <param name="module">The missing module.</param>
    /// <param name="hasEnvironment">Whether the run names an environment.</param>
    /// <param name="systemHasIt">Whether the system's interpreter has the module.</param>
    public static string Remedies(string interpreter, string module, bool hasEnvironment, bool systemHasIt)
    {
        if (!PythonCommand.IsPython(Path.GetFileName(interpreter)))
            return $"the Python that {interpreter} starts has no module '{module}': install it there";
        if (hasEnvironment)
            return $"the environment of the run has no module '{module}': install it there";
        var install = $"install it with {interpreter} -m pip install {PackageOf(module)}";
        if (!systemHasIt)
            return $"{interpreter} has no module '{module}': {install}";

        // --python replaces an interpreter that is found on PATH, and only that.
        return PythonCommand.IsPython(interpreter)
            ? $"{interpreter} has no module '{module}', but {SystemPython} has it: run it with --python {SystemPython}; or {install}"
            : $"{interpreter} has no module '{module}', but {SystemPython} has it: run it with {SystemPython} in its place; or {install}";
    }

    // Modules whose package has another name.
    private static string PackageOf(string module) => module switch
    {
        "cv2" => "opencv-python",
        "sklearn" => "scikit-learn",
        "skimage" => "scikit-image",
        "PIL" => "pillow",
        "yaml" => "pyyaml",
        "bs4" => "beautifulsoup4",
        "dateutil" => "python-dateutil",
        _ => module,
    };

    private static async Task<bool> HasAsync(string interpreter, string module)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            var found = await CliWrap.Cli.Wrap(interpreter)
                .WithArguments(["-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)", module])
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(timeout.Token);
            return found.IsSuccess;
        }
        catch (Exception failure) when (failure is OperationCanceledException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
