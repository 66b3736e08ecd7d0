namespace DistributedBatch.Consumer.Interpreters;

/// <summary>A Python environment made by conda or venv, and the variables of a program that runs in it.</summary>
public sealed record PythonEnvironment
{
    private readonly IReadOnlyList<KeyValuePair<string, string>> own;

    private PythonEnvironment(string prefix, params IReadOnlyList<KeyValuePair<string, string>> own) => (Prefix, this.own) = (prefix, own);

    /// <summary>Its directory.</summary>
    public string Prefix { get; }

    /// <summary>Its interpreter.</summary>
    public string Interpreter => InterpreterIn(Prefix);

    /// <summary>A conda environment, with the variables that <c>conda activate</c> sets; its <c>activate.d</c> scripts are not run.</summary>
    /// <param name="prefix">Its directory.</param>
    /// <param name="name">Its name.</param>
    public static PythonEnvironment Conda(string prefix, string name) =>
        new(prefix, new("CONDA_PREFIX", prefix), new("CONDA_DEFAULT_ENV", name), new("CONDA_SHLVL", "1"));

    /// <summary>A virtual environment, with the variables that its <c>activate</c> sets.</summary>
    /// <param name="prefix">Its directory.</param>
    public static PythonEnvironment Venv(string prefix) => new(prefix, new KeyValuePair<string, string>("VIRTUAL_ENV", prefix));

    /// <summary>The interpreter of the environment in <paramref name="prefix"/>.</summary>
    public static string InterpreterIn(string prefix) => Path.Combine(prefix, "bin", "python");

    /// <summary>Changes the variables of a program so that it runs in the environment, whose programs come first on <c>PATH</c>.</summary>
    public void Activate(IDictionary<string, string> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        var programs = Path.Combine(Prefix, "bin");
        variables["PATH"] = variables.TryGetValue("PATH", out var path) && path.Length > 0 ? $"{programs}:{path}" : programs;
        variables.Remove("PYTHONHOME"); // It would make the interpreter use the library of another one.
        foreach (var (name, value) in own)
            variables[name] = value;
    }
}
