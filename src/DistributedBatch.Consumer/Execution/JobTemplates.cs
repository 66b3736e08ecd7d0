using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace DistributedBatch.Consumer.Execution;

/// <summary>The plans of the runs this host has heard of lately.</summary>
internal sealed class JobTemplates(ConsumerOptions options)
{
    private const int Most = 64;
    private static readonly IReadOnlyDictionary<string, string> None = FrozenDictionary<string, string>.Empty;

    private readonly ConcurrentDictionary<RunId, JobTemplate> plans = new();
    private readonly FrozenDictionary<string, string> inherited = Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToFrozenDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);

    /// <summary>The plan of the chunk's run, made when it is first seen or when its job changed.</summary>
    public JobTemplate Of(RunChunk chunk)
    {
        // What stood in the way may be gone by the next attempt: somebody made the environment that was missing.
        if (plans.TryGetValue(chunk.Run, out var plan) && plan.Obstacle is null && (ReferenceEquals(plan.Job, chunk.Job) || Same(plan.Job, chunk.Job)))
            return plan;
        if (plans.Count >= Most)
            plans.Clear(); // Making one costs less than keeping count of which is oldest.
        return plans[chunk.Run] = new JobTemplate(chunk, options.Host, options.DataDirectory, inherited);
    }

    // Over a broker every message may bring a job object of its own with equal content; records compare lists by reference.
    private static bool Same(JobSpec one, JobSpec other) =>
        one.Command.SequenceEqual(other.Command)
        && Same(one.Env, other.Env)
        && Same(one.Secrets ?? None, other.Secrets ?? None)
        && one with { Command = other.Command, Env = other.Env, Secrets = other.Secrets } == other;

    private static bool Same(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(pair => other.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
