using System.Reflection;

namespace DistributedBatch.Cli.Text;

/// <summary>The version of this program.</summary>
internal static class ProgramVersion
{
    /// <summary>The version without its commit, such as <c>0.1.0</c>.</summary>
    public static string Text =>
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
