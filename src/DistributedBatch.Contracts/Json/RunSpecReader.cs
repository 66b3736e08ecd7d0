using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Json;

/// <summary>
/// Reads run specs that people and their scripts write: what they leave out has its default. The reader that is generated at compile time
/// gives an init-only member that is absent nothing at all, which is right only for what our own programs wrote in full.
/// </summary>
public static class RunSpecReader
{
    private static JsonTypeInfo<RunSpec>? reading;

    /// <summary>How such a spec is read.</summary>
    public static JsonTypeInfo<RunSpec> Reading => reading ??=
        (JsonTypeInfo<RunSpec>)new JsonSerializerOptions(ContractsJson.Default.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() }.GetTypeInfo(typeof(RunSpec));
}
