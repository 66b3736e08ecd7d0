using System.Collections;

namespace DistributedBatch.Cli.Settings;

/// <summary>Merges the settings of flags, environment, job file and config file. The earlier layer wins.</summary>
internal static class SettingLayers
{
    /// <summary>
    /// Keys whose variables describe the chunk inside an attempt. A <c>dbatch run</c> that a job starts must not read <c>DBATCH_CHUNK</c> as a chunk size.
    /// </summary>
    private static readonly string[] AttemptKeys = ["total", "chunk", "out"];

    /// <summary>The settings of all layers, highest precedence first.</summary>
    public static IReadOnlyDictionary<string, SettingValue> Merge(params IReadOnlyList<IReadOnlyDictionary<string, SettingValue>> layers)
    {
        var merged = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
        var datasetIsSet = false;
        foreach (var layer in layers)
        {
            foreach (var (key, value) in layer)
            {
                if (datasetIsSet && RunSettings.DatasetKeys.Contains(key))
                    continue;
                if (!merged.TryGetValue(key, out var higher))
                    merged[key] = value;
                else if (RunSettings.Find(key)?.Kind == SettingKind.Pairs)
                    merged[key] = higher with { Texts = [.. value.Texts, .. higher.Texts] };
            }

            datasetIsSet |= layer.Keys.Any(RunSettings.DatasetKeys.Contains);
        }

        return merged;
    }

    /// <summary>The layer of the environment.</summary>
    /// <param name="variables">The variables, as <see cref="Environment.GetEnvironmentVariables()"/> gives them.</param>
    /// <param name="directory">Base of relative paths.</param>
    public static IReadOnlyDictionary<string, SettingValue> FromEnvironment(IDictionary variables, string directory)
    {
        var insideAttempt = variables.Contains("DBATCH_ATTEMPT");
        var layer = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
        foreach (var setting in RunSettings.All)
        {
            if (insideAttempt && AttemptKeys.Contains(setting.Key))
                continue;
            if (variables[setting.Variable] is string { Length: > 0 } text)
                layer[setting.Key] = new SettingValue([text], setting.Variable, directory);
        }

        return layer;
    }
}
