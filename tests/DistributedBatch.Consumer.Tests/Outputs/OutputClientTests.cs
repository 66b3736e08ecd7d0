using System.Formats.Tar;
using System.Net;
using DistributedBatch.Consumer.Outputs;

namespace DistributedBatch.Consumer.Tests.Outputs;

public sealed class OutputClientTests : IDisposable
{
    private readonly TempDirectory files = new();

    public void Dispose() => files.Dispose();

    [Fact(Timeout = 30_000)]
    public async Task A_tracker_that_fails_is_told_and_tried_again()
    {
        using var tracker = new FakeTracker(HttpStatusCode.InternalServerError, HttpStatusCode.NotFound, HttpStatusCode.NoContent);
        var causes = new List<string>();

        var result = await SendAsync(tracker, [("logs/out", files.Write("log", "printed"))], causes.Add, TestContext.Current.CancellationToken);

        Assert.IsType<UploadResult.Stored>(result);
        Assert.Equal(["The server at http://head/ answered 500.", "The server at http://head/ does not know the run."], causes);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_file_that_cannot_be_read_is_refused_and_what_was_sent_is_no_whole_archive()
    {
        using var tracker = new FakeTracker(HttpStatusCode.NoContent);

        var result = await SendAsync(tracker, [("out", files.Path), ("logs/out", files["gone"])], _ => Assert.Fail("Another try would not help."), TestContext.Current.CancellationToken);

        Assert.Contains("could not be read", Assert.IsType<UploadResult.Refused>(result).Sentence, StringComparison.Ordinal);
        Assert.False(tracker.Received.Length >= 1024 && tracker.Received[^1024..].All(value => value == 0));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_link_to_a_file_is_sent_as_the_file_and_any_other_link_as_a_link()
    {
        files.Write("part", "content");
        File.CreateSymbolicLink(files["link"], "part");
        File.CreateSymbolicLink(files["loop"], ".");
        using var tracker = new FakeTracker(HttpStatusCode.NoContent);

        await SendAsync(tracker, [("out", files.Path)], _ => { }, TestContext.Current.CancellationToken);

        var entries = new List<string>();
        using var reader = new TarReader(new MemoryStream(tracker.Received));
        while (reader.GetNextEntry(copyData: true) is { } entry)
            entries.Add($"{entry.Name} {entry.EntryType} {entry.Length}");
        Assert.Equal(["out/ Directory 0", "out/link RegularFile 7", "out/loop SymbolicLink 0", "out/part RegularFile 7"], entries);
    }

    private static async Task<UploadResult> SendAsync(FakeTracker tracker, IReadOnlyList<(string Name, string Path)> sent, Action<string> failed, CancellationToken test)
    {
        using var http = new HttpClient(tracker, disposeHandler: false) { BaseAddress = new Uri("http://head/") };
        return await new OutputClient(http, TimeProvider.System).SendAsync(RunId.New(), 3, 1, sent, failed, test);
    }

    private sealed class FakeTracker(params HttpStatusCode[] answers) : HttpMessageHandler
    {
        private readonly Queue<HttpStatusCode> answers = new(answers);

        public byte[] Received { get; private set; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var body = new MemoryStream();
            try
            {
                await request.Content!.CopyToAsync(body, cancellationToken);
            }
            finally
            {
                Received = body.ToArray();
            }

            return new HttpResponseMessage(answers.Dequeue());
        }
    }
}
