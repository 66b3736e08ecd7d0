namespace DistributedBatch.Consumer.Isolation;

/// <summary>How the processes of an attempt are found, so that they end with it.</summary>
public enum IsolationMode
{
    /// <summary>By session and process group, and by a search for processes that left them. Works everywhere.</summary>
    Session,

    /// <summary>By a control group in addition, which no process can leave. Needs Linux and permission to create groups.</summary>
    Cgroup,
}
