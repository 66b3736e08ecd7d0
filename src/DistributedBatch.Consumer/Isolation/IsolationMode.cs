namespace DistributedBatch.Consumer.Isolation;

/// <summary>What keeps the processes of an attempt together, so that they end with it.</summary>
public enum IsolationMode
{
    /// <summary>A session and process group of its own, and a search for what left them. Works everywhere.</summary>
    Session,

    /// <summary>A control group of its own besides, which no process can leave. Needs Linux and a group that we may divide.</summary>
    Cgroup,
}
