namespace DistributedBatch.Consumer.Interpreters;

/// <summary>What the search for a job's Python environment on this host came to.</summary>
public abstract record EnvironmentReading
{
    /// <summary>The job names none.</summary>
    public sealed record NotAsked : EnvironmentReading;

    /// <summary>It is here.</summary>
    /// <param name="Environment">The environment.</param>
    public sealed record Found(PythonEnvironment Environment) : EnvironmentReading;

    /// <summary>It is not here.</summary>
    /// <param name="Error">One sentence that says where was looked and what to do.</param>
    public sealed record Missing(string Error) : EnvironmentReading;
}
