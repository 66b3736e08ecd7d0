using System.Text.RegularExpressions;
using DistributedBatch.Cli.Checks;
using DistributedBatch.Cli.Summary;

namespace DistributedBatch.Cli.Embedded;

/// <summary>
/// Recognises the most common failure of a first run: the first <c>python3</c> on PATH lacks the libraries. The hint names the system's interpreter when
/// that one has the module.
/// </summary>
internal static partial class MissingModuleHint
{
    /// <summary>The remedies for a missing module, ending with the one after which the run can be retried; null for other failures.</summary>
    /// <param name="command">The run's command.</param>
    /// <param name="hasEnvironment">Whether the run names a conda or virtual environment, which decides the interpreter.</param>
    /// <param name="failed">Failed chunks.</param>
    public static async Task<string?> HintAsync(IReadOnlyList<string> command, bool hasEnvironment, IReadOnlyList<SummaryChunk> failed)
    {
        var module = failed.Select(chunk => Missing().Match(chunk.Message ?? "")).FirstOrDefault(match => match.Success)?.Groups["module"].Value.Split('.')[0];
        if (module is null)
            return null;
        return await MissingModule.RemediesAsync(command[0], module, hasEnvironment);
    }

    [GeneratedRegex(@"ModuleNotFoundError: No module named '(?<module>[\w.]+)'")]
    private static partial Regex Missing();
}
