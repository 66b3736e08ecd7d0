using System.Reflection;
using ArchUnitNET.Loader;

namespace DistributedBatch.Architecture.Tests;

/// <summary>The projects under src/, read from the assemblies beside this test.</summary>
internal static class Solution
{
    /// <summary>The root namespaces of the projects, such as <c>DistributedBatch.Producer</c>. A new project is found by itself.</summary>
    public static readonly IReadOnlyList<string> Projects =
        [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "DistributedBatch.*.dll").Select(Path.GetFileNameWithoutExtension).OfType<string>().Where(name => !name.EndsWith("Tests", StringComparison.Ordinal)), "DistributedBatch.Cli"];

    /// <summary>The types of all projects and what they depend on.</summary>
    public static readonly ArchUnitNET.Domain.Architecture Architecture =
        new ArchLoader().LoadAssemblies([.. Projects.Select(AssemblyOf), typeof(Solution).Assembly]).Build();

    /// <summary>The assembly of a project.</summary>
    public static Assembly AssemblyOf(string project) => Assembly.Load(project == "DistributedBatch.Cli" ? "dbatch" : project);
}
