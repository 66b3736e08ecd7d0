using System.Text;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Messaging.Bus;
using DistributedBatch.Messaging.Chunks;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Queues;
using DistributedBatch.Messaging.Signing;
using DistributedBatch.Messaging.Tests.Support;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Messaging.Tests.Signing;

/// <summary>Chunks signed by the producer, and what becomes of those that are not or were changed, over a real broker.</summary>
public sealed class SignatureTests(PrivateBroker broker) : IDisposable
{
    private readonly TempDirectory directory = new();
    private readonly RecordingHandler<ChunkDead> dead = new();

    public void Dispose() => directory.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task A_signed_chunk_is_run()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await StartAsync(cancellation);
        await using var buffer = messaging.OpenBuffer("box");

        await messaging.PublishAsync([Sample.Chunk(1), Sample.Chunk(2) with { Count = 1, Items = [["a", "b"]], Columns = ["x", "y"] }], cancellation);

        for (var n = 0; n < 2; n++)
            await (await buffer.ReceiveAsync(cancellation)).AcknowledgeAsync();
        Assert.Empty(dead.Heard);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("work.py", "evil.py", "not signed by a producer")]
    [InlineData("0123456789", "0123456788", "not signed by a producer")]
    [InlineData("\"fast\"", "\"fast\",\"LD_PRELOAD\":\"/tmp/evil.so\"", "not signed by a producer")]
    [InlineData("harmless", "$(evil)", "numbers or items are not signed")]
    [InlineData("\"signature\"", "\"signed\"", "it is not signed")]
    [InlineData("\"chunkSignature\"", "\"chunkSigned\"", "update the producer")]
    [InlineData("\"items\"", "\"nothing\"", "numbers or items are not signed")]
    [InlineData("\"items\":[[\"harmless\"]]", "\"items\":[[\"harmless\",\"more\"]]", "lacks a value")]
    [InlineData("\"start\":40", "\"start\":41", "numbers or items are not signed")]
    [InlineData("\"start\":40", "\"start\":999999", "outside of the 10000 items")]
    [InlineData("\"count\":1,", "\"count\":-5,", "outside of the 10000 items")]
    [InlineData("\"total\":10000", "\"total\":-1", "outside of the -1 items")]
    [InlineData("\"total\":10000", "\"total\":10001", "numbers or items are not signed")]
    [InlineData("\"attempt\":1", "\"attempt\":99", "numbers or items are not signed")]
    public async Task A_chunk_that_was_changed_on_the_way_is_told_to_the_producer_and_never_run(string original, string tampered, string reason)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await StartAsync(cancellation);
        using var key = SigningKey.ReadOrCreate(directory["signing.key"]);
        var chunk = new ChunkSigner(key).Sign(Sample.Chunk(4) with { Count = 1, Items = [["harmless"]] });
        var text = Encoding.UTF8.GetString(ChunkCodec.Encode(chunk));
        Assert.Contains(original, text, StringComparison.Ordinal);

        var body = Encoding.UTF8.GetBytes(text.Replace(original, tampered, StringComparison.Ordinal));
        await messaging.QueuePublisher.PublishAsync(messaging.Topology.ChunkQueue(ResourceClass.Cpu), body, ChunkHeaders.Properties(chunk), cancellation);
        await messaging.Publisher.PublishAsync(Sample.Chunk(5), cancellation);
        await using var buffer = messaging.OpenBuffer("box");

        Assert.Equal(5, (await buffer.ReceiveAsync(cancellation)).Chunk.Index);
        var told = await dead.NextAsync(cancellation);
        Assert.Equal(4, told.Index);
        Assert.Contains(reason, told.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_chunk_signed_by_another_key_is_not_run()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var messaging = await StartAsync(cancellation);
        using var other = SigningKey.ReadOrCreate(directory["other.key"]);
        var chunk = new ChunkSigner(other).Sign(Sample.Chunk(6));

        await messaging.QueuePublisher.PublishAsync(messaging.Topology.ChunkQueue(ResourceClass.Cpu), ChunkCodec.Encode(chunk), ChunkHeaders.Properties(chunk), cancellation);
        await using var buffer = messaging.OpenBuffer("box");
        await messaging.Publisher.PublishAsync(Sample.Chunk(7), cancellation);

        Assert.Equal(7, (await buffer.ReceiveAsync(cancellation)).Chunk.Index);
        Assert.Contains("--trust", (await dead.NextAsync(cancellation)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_file_is_its_owners_alone_and_what_is_no_key_is_refused()
    {
        SigningKey.ReadOrCreate(directory["signing.key"]).Dispose();
        directory.Write("none.pub", "hello");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory["signing.key"]));
        Assert.DoesNotContain("PRIVATE", File.ReadAllText(directory["signing.key.pub"]), StringComparison.Ordinal);
        Assert.False(SigningKey.TryCreate(directory["signing.key"]));
        Assert.Throws<InvalidDataException>(() => TrustedKeys.Parse(File.ReadAllText(directory["none.pub"]), "none.pub"));
        Assert.Throws<InvalidDataException>(() => TrustedKeys.Parse("", "nothing"));
    }

    private async Task<MessagingHost> StartAsync(CancellationToken cancellation)
    {
        var key = SigningKey.ReadOrCreate(directory["signing.key"]);
        var trusted = TrustedKeys.Parse(File.ReadAllText(SigningKey.PublicFile(directory["signing.key"])), "signing.key.pub");
        return await MessagingHost.StartAsync(
            await broker.NewVhostAsync(cancellation),
            cancellation,
            services =>
            {
                services.AddSingleton(dead);
                services.AddBusEndpoint(Topology.ProducerReportsQueue).Handle<ChunkDead, RecordingHandler<ChunkDead>>();
            },
            options => (options.SigningKey, options.Trusted) = (key, trusted));
    }
}
