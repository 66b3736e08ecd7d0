namespace DistributedBatch.Consumer.Interpreters;

/// <summary>The result of the search for a job's Python environment on this host.</summary>
public abstract record EnvironmentReading
{
    /// <summary>The job names none.</summary>
    public sealed record NotAsked : EnvironmentReading;

    /// <summary>It was found.</summary>
    /// <param name="Environment">The environment.</param>
    public sealed record Found(PythonEnvironment Environment) : EnvironmentReading;

    /// <summary>It does not exist on this host.</summary>
    /// <param name="Error">Why, and what to do about it, in one sentence.</param>
    public sealed record Missing(string Error) : EnvironmentReading;
}
