namespace DistributedBatch.Contracts.Api;

/// <summary>How a server stands with what it needs, as <c>dbatch doctor --server</c> asks for it. Whatever is well has no problem.</summary>
public sealed record ServerView
{
    /// <summary>Version of the program that serves.</summary>
    public required string Version { get; init; }

    /// <summary>The clock of the server.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Where the database is; without a password.</summary>
    public required string Database { get; init; }

    /// <summary>Why the database answered nothing; null when it answered.</summary>
    public string? DatabaseProblem { get; init; }

    /// <summary>How long the database took to count runs and chunks, in milliseconds.</summary>
    public double DatabaseMilliseconds { get; init; }

    /// <summary>Free bytes on the disk that receives logs and outputs, and the database where that is a file.</summary>
    public long DiskFreeBytes { get; init; }

    /// <summary>Why logs and outputs of attempts could not be written; null when all are.</summary>
    public string? FilesProblem { get; init; }

    /// <summary>Version of the broker; null without one, or before the first connection.</summary>
    public string? BrokerVersion { get; init; }

    /// <summary>Why the server's connection to the broker does not work; null when it does.</summary>
    public string? BrokerProblem { get; init; }

    /// <summary>Why no producer answered; null when one did.</summary>
    public string? ProducerProblem { get; init; }

    /// <summary>Messages heard and not yet committed.</summary>
    public int Waiting { get; init; }

    /// <summary>Messages that this process refused since its start, because of their sender or content.</summary>
    public long RefusedMessages { get; init; }

    /// <summary>Why the last one was refused, as a sentence; null when none was.</summary>
    public string? LastRefusal { get; init; }
}
