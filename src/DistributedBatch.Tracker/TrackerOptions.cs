using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Commands;
using DistributedBatch.Tracker.Notifications;
using DistributedBatch.Tracker.Outputs;
using DistributedBatch.Tracker.Projection;
using DistributedBatch.Tracker.Queries;
using DistributedBatch.Tracker.Retention;

namespace DistributedBatch.Tracker;

/// <summary>Settings of the tracker. Those of one part are in the options of that part.</summary>
public sealed class TrackerOptions
{
    /// <summary>The directory for <c>tracker.db</c>, logs and outputs. Default <c>.dbatch</c> in the current directory.</summary>
    public string DataDirectory { get; set; } = ".dbatch";

    /// <summary>A PostgreSQL database (<c>Host=…;Database=…</c> or <c>postgres://…</c>); null (default) for <c>tracker.db</c>.</summary>
    public string? Database { get; set; }

    /// <summary>Who may use the API.</summary>
    public AccessOptions Access { get; } = new();

    /// <summary>Requests to the producer.</summary>
    public CommandOptions Commands { get; } = new();

    /// <summary>Notifications of users.</summary>
    public NotificationOptions Notifications { get; } = new();

    /// <summary>Uploaded outputs.</summary>
    public OutputOptions Outputs { get; } = new();

    /// <summary>Writing to the database.</summary>
    public ProjectionOptions Projection { get; } = new();

    /// <summary>Reading from the database.</summary>
    public QueryOptions Queries { get; } = new();

    /// <summary>Removal of old runs.</summary>
    public RetentionOptions Retention { get; } = new();
}
