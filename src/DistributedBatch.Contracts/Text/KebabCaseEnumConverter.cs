using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistributedBatch.Contracts.Text;

/// <summary>Writes an enum in kebab-case: <c>OutOfMemory</c> becomes <c>"out-of-memory"</c>.</summary>
/// <typeparam name="TEnum">The enum.</typeparam>
public sealed class KebabCaseEnumConverter<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where TEnum : struct, Enum;
