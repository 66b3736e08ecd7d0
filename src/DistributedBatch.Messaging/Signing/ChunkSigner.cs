using System.Runtime.CompilerServices;
using System.Text.Json;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Messaging.Signing;

/// <summary>Signs chunks before they are published. The chunks of a run share their job, which is signed once; each chunk is signed with the signature of its job.</summary>
internal sealed class ChunkSigner(SigningKey key)
{
    private readonly ConditionalWeakTable<JobSpec, Signed> jobs = [];

    public RunChunk Sign(RunChunk chunk)
    {
        if (!jobs.TryGetValue(chunk.Job, out var signed) || signed.Run != chunk.Run)
        {
            signed = new Signed(
                chunk.Run, key.Sign(SignedText.OfJob(chunk.Run.Value, JsonSerializer.SerializeToUtf8Bytes(chunk.Job, ContractsJson.Default.JobSpec))));
            jobs.AddOrUpdate(chunk.Job, signed);
        }

        var items = SignedText.OfItems(chunk);
        return chunk with
        {
            Signature = signed.Signature,
            ItemsSignature = items is null ? null : key.Sign(items), // for hosts of an earlier version
            ChunkSignature = key.Sign(SignedText.OfChunk(chunk, items, signed.Signature)),
        };
    }

    private sealed record Signed(RunId Run, string Signature);
}
