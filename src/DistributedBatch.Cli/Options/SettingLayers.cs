using System.Collections;

namespace DistributedBatch.Cli.Options;

/// <summary>Joins what flags, environment, job file and config file say; the earlier layer wins.</summary>
internal static class SettingLayers
{
    /// <summary>
    /// Names the job contract gives to attempts. Inside an attempt they describe the chunk, so a <c>dbatch run</c> started by a job must not take
    /// <c>DBATCH_CHUNK</c> for a chunk size.
    /// </summary>
    private static readonly string[] ContractKeys = ["total", "chunk", "out"];

    /// <summary>The settings of all layers, highest precedence first.</summary>
    public static IReadOnlyDictionary<string, SettingValue> Join(params IReadOnlyList<IReadOnlyDictionary<string, SettingValue>> layers)
    {
        var joined = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
        var datasetDecided = false;
        foreach (var layer in layers)
        {
            foreach (var (key, value) in layer)
            {
                if (datasetDecided && RunSettings.DatasetKeys.Contains(key))
                    continue;
                if (!joined.TryGetValue(key, out var higher))
                    joined[key] = value;
                else if (RunSettings.Find(key)?.Kind == SettingKind.Pairs)
                    joined[key] = higher with { Texts = [.. value.Texts, .. higher.Texts] };
            }

            datasetDecided |= layer.Keys.Any(RunSettings.DatasetKeys.Contains);
        }

        return joined;
    }

    /// <summary>The layer of the environment.</summary>
    /// <param name="variables">The variables, as <see cref="Environment.GetEnvironmentVariables()"/> gives them.</param>
    /// <param name="directory">Where relative paths start.</param>
    public static IReadOnlyDictionary<string, SettingValue> FromEnvironment(IDictionary variables, string directory)
    {
        var insideAttempt = variables.Contains("DBATCH_ATTEMPT");
        var layer = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
        foreach (var setting in RunSettings.All)
        {
            if (insideAttempt && ContractKeys.Contains(setting.Key))
                continue;
            if (variables[setting.Variable] is string { Length: > 0 } text)
                layer[setting.Key] = new SettingValue([text], setting.Variable, directory);
        }

        return layer;
    }
}
