using System.Text.Json.Serialization;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>Source-generated JSON of what is sent.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunNotification))]
[JsonSerializable(typeof(NtfyMessage))]
internal sealed partial class NotificationJson : JsonSerializerContext;
