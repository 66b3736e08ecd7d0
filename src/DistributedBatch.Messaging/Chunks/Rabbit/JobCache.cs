using System.Text.Json;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>Jobs by their JSON. Few runs are active at once, so comparing the last few jobs byte by byte is faster than hashing.</summary>
internal sealed class JobCache
{
    private const int Kept = 16;
    private readonly Lock gate = new();
    private readonly List<(byte[] Json, JobSpec Job)> jobs = [];

    /// <summary>The job, or null where the JSON says null.</summary>
    /// <exception cref="JsonException">It is not a job.</exception>
    public JobSpec? Read(ReadOnlySpan<byte> json)
    {
        lock (gate)
        {
            foreach (var (known, job) in jobs)
            {
                if (json.SequenceEqual(known))
                    return job;
            }
        }

        var read = JsonSerializer.Deserialize(json, ContractsJson.Default.JobSpec);
        if (read is null)
            return null;
        lock (gate)
        {
            if (jobs.Count == Kept)
                jobs.RemoveAt(0);
            jobs.Add((json.ToArray(), read));
        }

        return read;
    }
}
