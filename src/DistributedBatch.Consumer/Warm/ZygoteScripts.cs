using System.Text;

namespace DistributedBatch.Consumer.Warm;

/// <summary>The Python half, shipped inside this assembly and sent over a pipe, so that nothing is installed or written to disk.</summary>
internal static class ZygoteScripts
{
    /// <summary>Given with <c>-c</c>: reads the rest from standard input.</summary>
    public static string Bootstrap { get; } = Load("bootstrap");

    /// <summary>The modules of the server by name, each before those that import it; the last one has <c>main</c>.</summary>
    public static IReadOnlyList<(string Name, string Text)> Modules { get; } =
        [.. new[] { "job", "preload", "printed", "script", "children", "pages", "zygote" }.Select(name => (name, Load(name)))];

    /// <summary>The interpreter that stays.</summary>
    public static string Keep { get; } = Load("keep");

    private static string Load(string name)
    {
        using var stream = typeof(ZygoteScripts).Assembly.GetManifestResourceStream($"DistributedBatch.Consumer.Warm.{name}.py")
            ?? throw new InvalidOperationException($"The program was built without {name}.py.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
