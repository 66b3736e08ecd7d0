using System.Text;
using DistributedBatch.Messaging.Chunks.Rabbit;
using DistributedBatch.Messaging.Tests.Support;

namespace DistributedBatch.Messaging.Tests.Chunks.Rabbit;

public sealed class ChunkCodecTests
{
    private readonly ChunkCodec codec = new();

    [Fact]
    public void Chunks_of_a_run_share_one_job()
    {
        var one = Read(ChunkCodec.Encode(Sample.Chunk(1)));
        var two = Read(ChunkCodec.Encode(Sample.Chunk(2)));

        Assert.Equivalent(Sample.Chunk(2), two, strict: true);
        Assert.Same(one.Job, two.Job);
    }

    [Fact]
    public void Chunks_of_different_jobs_keep_their_own()
    {
        var jobs = Enumerable.Range(0, 40).Select(gpus => Read(ChunkCodec.Encode(Sample.Chunk(0, gpus))).Job.Gpus);

        Assert.Equal(Enumerable.Range(0, 40).Select(gpus => (double)gpus), jobs);
    }

    [Fact]
    public void A_newer_message_is_refused_by_its_version_and_not_by_its_contents()
    {
        var refused = Assert.IsType<DecodeResult.Attributed>(Decode(
            """{"index":4,"job":["a","new","shape"],"run":"0123456789","attempt":2,"protocol":99,"start":"later"}"""));

        Assert.Equal((Sample.Run, 4, 2), (refused.Run, refused.Index, refused.Attempt));
        Assert.Contains("protocol 99", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("same version of dbatch", refused.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"protocol":1,"run":"0123456789","index":4,"attempt":1,"start":0,"count":1,"total":1}""")]
    [InlineData("""{"protocol":1,"run":"0123456789","index":4,"attempt":1,"start":0,"count":1,"total":1,"job":null}""")]
    [InlineData("""{"protocol":1,"run":"0123456789","index":4,"attempt":1,"start":0,"count":1,"total":1,"job":{"command":7}}""")]
    [InlineData("""{"protocol":1,"run":"0123456789","index":4,"attempt":1,"job":{"command":["x"]}}""")]
    [InlineData("""{"run":"0123456789","index":4,"attempt":1,"start":0,"count":1,"total":1,"job":{"command":["x"]}}""")]
    public void A_broken_chunk_of_a_known_run_says_whose_it_was(string json)
    {
        var refused = Assert.IsType<DecodeResult.Attributed>(Decode(json));

        Assert.Equal((Sample.Run, 4), (refused.Run, refused.Index));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[1,2]")]
    [InlineData("""{"protocol":"one"}""")]
    [InlineData("""{"protocol":1,"run":"0123456789","index":4""")]
    [InlineData("""{"protocol":1,"run":"no such run","index":4,"job":{}}""")]
    public void A_message_that_is_no_chunk_is_unreadable(string text) => Assert.IsType<DecodeResult.Unreadable>(Decode(text));

    private DecodeResult Decode(string text) => codec.Decode(Encoding.UTF8.GetBytes(text));

    private Contracts.Messages.RunChunk Read(byte[] body) => Assert.IsType<DecodeResult.Readable>(codec.Decode(body)).Chunk;
}
