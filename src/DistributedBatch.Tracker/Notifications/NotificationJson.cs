using System.Text.Json.Serialization;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>Source-generated JSON of the sent messages.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunNotification))]
[JsonSerializable(typeof(NtfyMessage))]
internal sealed partial class NotificationJson : JsonSerializerContext;
