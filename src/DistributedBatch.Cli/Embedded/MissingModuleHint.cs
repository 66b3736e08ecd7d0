using System.Text.RegularExpressions;
using CliWrap;
using DistributedBatch.Cli.Summary;

namespace DistributedBatch.Cli.Embedded;

/// <summary>
/// Recognises the most common failure of a first run: the first <c>python3</c> on PATH lacks the libraries. The hint names the system's interpreter when
/// that one has the module.
/// </summary>
internal static partial class MissingModuleHint
{
    private const string SystemPython = "/usr/bin/python3";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>A sentence with the remedy; null for other failures.</summary>
    /// <param name="command">The run's command.</param>
    /// <param name="failed">Failed chunks.</param>
    public static async Task<string?> HintAsync(IReadOnlyList<string> command, IReadOnlyList<SummaryChunk> failed)
    {
        var module = failed.Select(chunk => Missing().Match(chunk.Message ?? "")).FirstOrDefault(match => match.Success)?.Groups["module"].Value.Split('.')[0];
        if (module is null)
            return null;
        if (command[0] != SystemPython && File.Exists(SystemPython) && await HasAsync(SystemPython, module))
            return $"{command[0]} has no module '{module}', but {SystemPython} has it: add --python {SystemPython}";
        return $"{command[0]} has no module '{module}': install the module, or name another interpreter with --python PATH";
    }

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

    [GeneratedRegex(@"ModuleNotFoundError: No module named '(?<module>[\w.]+)'")]
    private static partial Regex Missing();
}
