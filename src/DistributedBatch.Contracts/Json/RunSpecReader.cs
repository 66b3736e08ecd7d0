using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Json;

/// <summary>
/// Reads run specs that people and scripts write: a missing member gets its default. The generated reader would leave a missing init-only member at the type's zero, which
/// is right only for specs that this program wrote.
/// </summary>
public static class RunSpecReader
{
    private static JsonTypeInfo<RunSpec>? reading;

    /// <summary>The JSON contract for such a spec.</summary>
    public static JsonTypeInfo<RunSpec> Reading => reading ??=
        (JsonTypeInfo<RunSpec>)new JsonSerializerOptions(ContractsJson.Default.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() }.GetTypeInfo(typeof(RunSpec));
}
