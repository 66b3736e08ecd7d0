using System.Text.RegularExpressions;
using CliWrap;
using DistributedBatch.Cli.Summary;

namespace DistributedBatch.Cli.Embedded;

/// <summary>
/// Recognises the most common failure of a first run: the first <c>python3</c> on PATH is not the one with the libraries. Looks whether the system's
/// interpreter has the module, and then says so.
/// </summary>
internal static partial class MissingModuleHint
{
    private const string SystemPython = "/usr/bin/python3";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>A sentence with the remedy; null when the failures are of another kind.</summary>
    /// <param name="command">The run's command.</param>
    /// <param name="failed">Failed chunks.</param>
    public static async Task<string?> HintAsync(IReadOnlyList<string> command, IReadOnlyList<SummaryChunk> failed)
    {
        var module = failed.Select(chunk => Missing().Match(chunk.Said ?? "")).FirstOrDefault(match => match.Success)?.Groups["module"].Value.Split('.')[0];
        if (module is null)
            return null;
        if (command[0] != SystemPython && File.Exists(SystemPython) && await HasAsync(SystemPython, module))
            return $"{command[0]} has no module '{module}', but {SystemPython} has: add --python {SystemPython}";
        return $"{command[0]} has no module '{module}': install it there, or name another interpreter with --python PATH";
    }

    private static async Task<bool> HasAsync(string interpreter, string module)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var found = await CliWrap.Cli.Wrap(interpreter)
                .WithArguments(["-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)", module])
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(patience.Token);
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
