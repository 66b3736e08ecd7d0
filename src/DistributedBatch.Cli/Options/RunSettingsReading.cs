using DistributedBatch.Cli.JobFile;

namespace DistributedBatch.Cli.Options;

/// <summary>From flags, environment, job file and config file to a checked request, or to every mistake in any of them.</summary>
internal static class RunSettingsReading
{
    /// <summary>Reads and checks everything.</summary>
    /// <param name="flags">The layer of the flags.</param>
    /// <param name="jobFile">The job file; null for none.</param>
    /// <param name="directory">Where the user stands.</param>
    /// <param name="remote">Whether hosts elsewhere run it; then programs cannot be checked here.</param>
    public static (RunRequest? Request, IReadOnlyList<string> Mistakes) Read(
        IReadOnlyDictionary<string, SettingValue> flags, string? jobFile, string directory, bool remote)
    {
        var mistakes = new List<string>();
        var environment = SettingLayers.FromEnvironment(Environment.GetEnvironmentVariables(), directory);
        var file = jobFile is null ? null : new SettingsFile(jobFile, RunSettings.JobFileKeys, mistakes).Read();
        var config = ConfigFile.Read(mistakes);
        if (jobFile is not null && file!.Count == 0 && mistakes.Count > 0)
            return (null, mistakes); // An unreadable file would only cause false alarms about what it may have held.

        var settings = SettingLayers.Join(flags, environment, file ?? config, config);
        var (request, wrong) = new RunRequestReader(settings, directory, Console.OpenStandardInput).Read(remote);
        mistakes.AddRange(wrong);
        return mistakes.Count == 0 ? (request, []) : (null, [.. mistakes.Distinct()]);
    }
}
