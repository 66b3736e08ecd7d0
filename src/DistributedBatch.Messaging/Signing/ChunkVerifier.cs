using System.Runtime.CompilerServices;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Messaging.Signing;

/// <summary>Says whether a chunk comes from a producer we trust. The job of a run, one object for all its chunks here, is checked once.</summary>
internal sealed class ChunkVerifier(TrustedKeys trusted)
{
    private readonly ConditionalWeakTable<JobSpec, Checked> jobs = [];

    /// <summary>Why the chunk is not run, or null.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="jobJson">Its job as it came.</param>
    public string? Refusal(RunChunk chunk, ReadOnlySpan<byte> jobJson)
    {
        if (chunk.Signature is not { } signature)
            return "it is not signed, and this host runs signed chunks only; feed it through a producer with a signing key";
        if (!jobs.TryGetValue(chunk.Job, out var last) || last.Run != chunk.Run || last.Signature != signature)
        {
            if (!trusted.Signed(SignedText.OfJob(chunk.Run.Value, jobJson), signature))
                return "its job is not signed by a producer this host trusts, or was changed on the way; compare the host's --trust with the producer's signing.key.pub";
            jobs.AddOrUpdate(chunk.Job, new Checked(chunk.Run, signature));
        }

        return chunk.Items is null || (chunk.ItemsSignature is { } items && trusted.Signed(SignedText.OfItems(chunk), items))
            ? null
            : "its items are not signed by a producer this host trusts, or were changed on the way";
    }

    private sealed record Checked(RunId Run, string Signature);
}
