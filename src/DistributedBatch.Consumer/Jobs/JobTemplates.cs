using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using DistributedBatch.Consumer.Attempts;

namespace DistributedBatch.Consumer.Jobs;

/// <summary>The templates of the runs whose chunks this host executed last.</summary>
internal sealed class JobTemplates(HostSettings host)
{
    private const int MaxTemplates = 64;
    private static readonly IReadOnlyDictionary<string, string> None = FrozenDictionary<string, string>.Empty;

    private readonly ConcurrentDictionary<RunId, JobTemplate> templates = new();
    private readonly FrozenDictionary<string, string> inherited = Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToFrozenDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);

    /// <summary>The template of the chunk's run. Made for the first chunk, and again when the job changed.</summary>
    public JobTemplate Of(RunChunk chunk)
    {
        // Somebody may have made a missing Python environment since the last attempt, so a template with an error is made again.
        if (templates.TryGetValue(chunk.Run, out var template) && template.StartError is null && (ReferenceEquals(template.Job, chunk.Job) || Same(template.Job, chunk.Job)))
            return template;
        if (templates.Count >= MaxTemplates)
            templates.Clear(); // Making a template costs less than tracking which is the oldest.
        return templates[chunk.Run] = new JobTemplate(chunk, host.Name, host.DataDirectory, inherited);
    }

    // With a broker, each message has a job object of its own with equal content. Records compare lists by reference.
    private static bool Same(JobSpec one, JobSpec other) =>
        one.Command.SequenceEqual(other.Command)
        && Same(one.Env, other.Env)
        && Same(one.Secrets ?? None, other.Secrets ?? None)
        && one with { Command = other.Command, Env = other.Env, Secrets = other.Secrets } == other;

    private static bool Same(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(pair => other.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
