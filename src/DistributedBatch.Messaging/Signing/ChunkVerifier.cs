using System.Runtime.CompilerServices;

namespace DistributedBatch.Messaging.Signing;

/// <summary>Checks that a chunk comes from a trusted producer. The chunks of a run share one job object, which is checked once.</summary>
internal sealed class ChunkVerifier(TrustedKeys trusted)
{
    private readonly ConditionalWeakTable<JobSpec, Checked> jobs = [];

    /// <summary>Why the chunk must not run; null when it may.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="jobJson">Its job as it came.</param>
    public string? Refusal(RunChunk chunk, ReadOnlySpan<byte> jobJson)
    {
        if (chunk.Signature is not { } signature)
            return "it is not signed, and this host runs signed chunks only; submit the run to a producer with a signing key";
        if (!jobs.TryGetValue(chunk.Job, out var last) || last.Run != chunk.Run || last.Signature != signature)
        {
            if (!trusted.Signed(SignedText.OfJob(chunk.Run.Value, jobJson), signature))
                return "its job is not signed by a producer this host trusts, or was changed on the way; compare the host's --trust with the producer's signing.key.pub";
            jobs.AddOrUpdate(chunk.Job, new Checked(chunk.Run, signature));
        }

        if (chunk.ChunkSignature is not { } claim)
            return "its numbers and items are not signed; update the producer, which is older than this host";
        return trusted.Signed(SignedText.OfChunk(chunk, SignedText.OfItems(chunk), signature), claim)
            ? null
            : "its numbers or items are not signed by a producer this host trusts, or were changed on the way";
    }

    private sealed record Checked(RunId Run, string Signature);
}
