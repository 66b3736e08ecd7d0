using System.Text;

namespace DistributedBatch.Consumer.Warm.Python;

/// <summary>The Python half of warm start. It is embedded in this assembly and sent over a pipe, so that nothing is installed or written to disk.</summary>
internal static class PythonScripts
{
    /// <summary>Passed to the interpreter with <c>-c</c>; reads the other modules from standard input.</summary>
    public static string Bootstrap { get; } = Load("bootstrap");

    /// <summary>The modules of the zygote by name, each before those that import it. The last one has <c>main</c>.</summary>
    public static IReadOnlyList<(string Name, string Text)> Modules { get; } =
        [.. new[] { "job", "harmless", "plan", "process_state", "generators", "import_watch", "preload", "import_output", "trial", "script", "children", "large_pages", "zygote" }.Select(name => (name, Load(name)))];

    /// <summary>The module of a kept interpreter.</summary>
    public static string Keep { get; } = Load("keep");

    private static string Load(string name)
    {
        using var stream = typeof(PythonScripts).Assembly.GetManifestResourceStream($"DistributedBatch.Consumer.Warm.Python.{name}.py")
            ?? throw new InvalidOperationException($"The program was built without {name}.py.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
