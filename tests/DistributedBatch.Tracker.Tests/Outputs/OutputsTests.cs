using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.TestKit.Files;
using DistributedBatch.TestKit.Waiting;
using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Outputs;
using DistributedBatch.Tracker.Tests.Api;

namespace DistributedBatch.Tracker.Tests.Outputs;

public sealed class OutputsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task What_a_host_brings_can_be_taken_by_people()
    {
        await using var server = await TestServer.StartAsync();
        var run = await SubmitAsync(server);

        var answer = await PutAsync(server, run, 3, 1, ("out/deep/part.csv", "1,2"), ("out/empty", ""), ("logs/out", "printed"), ("logs/err", "warned"));

        Assert.Equal(HttpStatusCode.NoContent, answer);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync($"/api/runs/{run}/chunks/3/outputs", Cancellation)).StatusCode);
        await server.PublishAsync(new AttemptReports("ada", [TestData.Succeeded(run, 3)]));
        Assert.Equal("printed", await server.Client.GetStringAsync($"/api/runs/{run}/chunks/3/attempts/1/logs/out", Cancellation));
        Assert.Equal("1,2", await File.ReadAllTextAsync(Path.Combine(server.DataDirectory, "runs", run.Value, "out/3/deep/part.csv"), Cancellation));
        var taken = await UnpackAsync(server, $"/api/runs/{run}/chunks/3/outputs");
        Assert.Equal(new() { ["deep/part.csv"] = "1,2", ["empty"] = "" }, taken);
        Assert.Equal(["3/deep/part.csv", "3/empty"], (await UnpackAsync(server, $"/api/runs/{run}/outputs")).Keys);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(server.DataDirectory, "runs", run.Value, "staging")));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_outputs_are_those_of_the_attempt_that_won_and_not_of_one_that_died_after_its_upload()
    {
        await using var server = await TestServer.StartAsync();
        var run = await SubmitAsync(server);

        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(server, run, 3, 1, ("out/part", "its host died before the report")));
        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(server, run, 3, 2, ("out/part", "interrupted")));
        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(server, run, 3, 2, ("out/part", "winner")));
        await server.PublishAsync(new AttemptReports("bob", [TestData.Succeeded(run, 3, attempt: 2, host: "bob")]));

        Assert.Equal("winner", (await UnpackAsync(server, $"/api/runs/{run}/chunks/3/outputs"))["part"]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(server.DataDirectory, "runs", run.Value, "uploads")));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_duplicate_success_changes_no_outputs_and_keeps_its_logs()
    {
        await using var server = await TestServer.StartAsync();
        var run = await SubmitAsync(server);

        await PutAsync(server, run, 3, 1, ("out/part", "first success"));
        await PutAsync(server, run, 3, 2, ("out/part", "uploaded before the first success was reported"));
        await server.PublishAsync(new AttemptReports("ada", [TestData.Succeeded(run, 3)]));
        await server.PublishAsync(new AttemptReports("bob", [TestData.Succeeded(run, 3, attempt: 2, host: "bob")]));
        Assert.Equal(HttpStatusCode.Conflict, await PutAsync(server, run, 3, 3, ("out/part", "late"), ("logs/out", "late too")));
        await server.PublishAsync(new AttemptReports("eve", [TestData.Succeeded(run, 3, attempt: 3, host: "eve")]));

        Assert.Equal("first success", (await UnpackAsync(server, $"/api/runs/{run}/chunks/3/outputs"))["part"]);
        Assert.Equal("late too", await server.Client.GetStringAsync($"/api/runs/{run}/chunks/3/attempts/3/logs/out", Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_host_uploads_for_its_own_attempts_alone()
    {
        await using var server = await TestServer.StartAsync();
        var run = await SubmitAsync(server);
        await server.PublishAsync(TestData.Changed(run, 1, RunState.Running, new ChunkCounts(10, 10, 0, 0, 0, 0, 0)));
        using var ada = Client(server, "ada");
        using var mallory = Client(server, "mallory");

        // Nobody knows yet who runs chunk 3. What its host uploaded counts, whoever comes before or after it.
        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(mallory, run, 3, 1, ("out/part", "evil"), ("logs/out", "evil")));
        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(ada, run, 3, 1, ("out/part", "good"), ("logs/out", "good")));
        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(mallory, run, 3, 1, ("out/part", "evil"), ("logs/out", "evil")));
        await server.PublishAsync(new AttemptReports("ada", [TestData.Started(run, 4)]));
        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync(mallory, run, 4, 1, ("out/part", "evil")));
        await server.PublishAsync(new AttemptReports("ada", [TestData.Succeeded(run, 3)]));

        Assert.Equal("good", (await UnpackAsync(server, $"/api/runs/{run}/chunks/3/outputs"))["part"]);
        Assert.Equal("good", await server.Client.GetStringAsync($"/api/runs/{run}/chunks/3/attempts/1/logs/out", Cancellation));
        Assert.Equal(HttpStatusCode.Conflict, await PutAsync(ada, run, 3, 1, ("logs/out", "after the end")));
        Assert.Equal("good", await server.Client.GetStringAsync($"/api/runs/{run}/chunks/3/attempts/1/logs/out", Cancellation));
        foreach (var (index, attempt) in new[] { (5, 99), (-1, 1), (10, 1), (5, 0) })
            Assert.Equal(HttpStatusCode.NotFound, await PutAsync(mallory, run, index, attempt, ("out/part", "evil")));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("../evil")]
    [InlineData("out/../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("out\\..\\..\\evil")]
    public async Task A_name_that_leads_outside_is_refused_and_nothing_is_kept(string name)
    {
        await using var server = await TestServer.StartAsync();
        var run = await SubmitAsync(server);

        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(server, run, 3, 1, ("out/good", "x"), (name, "evil")));

        AssertNothing(server, run);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.CharacterDevice)]
    public async Task Anything_but_a_plain_file_is_refused(TarEntryType kind)
    {
        await using var server = await TestServer.StartAsync();
        var run = await SubmitAsync(server);
        using var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            var entry = new PaxTarEntry(kind, "out/thing");
            if (kind is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                entry.LinkName = "/etc/passwd";
            await writer.WriteEntryAsync(entry, Cancellation);
        }

        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(server, run, 3, 1, archive.ToArray()));

        AssertNothing(server, run);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_archive_that_breaks_off_or_is_none_leaves_nothing()
    {
        await using var server = await TestServer.StartAsync();
        var run = await SubmitAsync(server);
        var whole = await ArchiveAsync(("out/part", new string('x', 5000)));

        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(server, run, 3, 1, whole[..2000]));
        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(server, run, 3, 1, Encoding.ASCII.GetBytes(new string('?', 1024))));

        AssertNothing(server, run);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_upload_that_breaks_off_between_two_files_leaves_nothing()
    {
        await using var server = await TestServer.StartAsync();
        var run = await SubmitAsync(server);
        var staging = Path.Combine(server.DataDirectory, "runs", run.Value, "staging");
        using var broken = new BrokenContent(
            await ArchiveAsync(("out/part", new string('x', 512))),
            () => Directory.Exists(staging) && Directory.EnumerateFiles(staging, "part", SearchOption.AllDirectories).Any());

        await Assert.ThrowsAnyAsync<Exception>(() => server.Client.PutAsync($"/api/runs/{run}/chunks/3/attempts/1/outputs", broken, Cancellation));

        await Eventually.HoldsAsync("nothing is left", () => !Directory.EnumerateFileSystemEntries(staging).Any(), Cancellation);
        AssertNothing(server, run);
        Assert.False(Directory.Exists(Path.Combine(server.DataDirectory, "runs", run.Value, "uploads")));
    }

    [Fact]
    public void Unfinished_uploads_of_a_killed_tracker_are_removed_but_not_those_of_another_one()
    {
        using var data = new TempDirectory();
        data.Write("runs/abcdefgh12/staging/3.1.x/out/part", "half");
        data.Write("runs/abcdefgh12/out/2/part", "whole");
        using (new StagingCleanup(data.Path))
        {
            Assert.False(Directory.Exists(data["runs", "abcdefgh12", "staging"]));
            data.Write("runs/abcdefgh12/staging/4.1.x/out/part", "half");
            using var second = new StagingCleanup(data.Path);
            Assert.True(File.Exists(data["runs", "abcdefgh12", "staging", "4.1.x", "out", "part"]));
        }

        Assert.True(File.Exists(data["runs", "abcdefgh12", "out", "2", "part"]));
    }

    [Fact(Timeout = 30_000)]
    public async Task More_than_the_limit_is_refused()
    {
        await using var server = await TestServer.StartAsync(options => options.Outputs.MaxBytes = 50_000);
        var run = await SubmitAsync(server);

        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(server, run, 3, 1, await SparseAsync(60_000)));

        AssertNothing(server, run);
    }

    // Sends the archive without its end, and fails once it has arrived.
    private sealed class BrokenContent(byte[] archive, Func<bool> hasArrived) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(archive.AsMemory(0, archive.Length - 1024), Cancellation);
            await stream.FlushAsync(Cancellation);
            await Eventually.HoldsAsync("the file has arrived", hasArrived, Cancellation);
            throw new IOException("the host is gone");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private static void AssertNothing(TestServer server, RunId run)
    {
        Assert.False(Directory.Exists(Path.Combine(server.DataDirectory, "runs", run.Value, "out")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(server.DataDirectory, "runs", run.Value, "staging")));
    }

    private static async Task<RunId> SubmitAsync(TestServer server)
    {
        var run = RunId.New();
        await server.PublishAsync(TestData.Submitted(run));
        return run;
    }

    /// <summary>A client with a token of the role <c>host</c>.</summary>
    private static HttpClient Client(TestServer server, string host)
    {
        var token = server.App.Services.GetRequiredService<TokenStore>().Create(new NewToken(TokenRole.Host, host))!;
        return new HttpClient { BaseAddress = server.Client.BaseAddress, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token.Token) } };
    }

    private static async Task<HttpStatusCode> PutAsync(HttpClient host, RunId run, int index, int attempt, params (string Name, string Text)[] files)
    {
        var answer = await host.PutAsync(
            $"/api/runs/{run}/chunks/{index}/attempts/{attempt}/outputs", new ByteArrayContent(await ArchiveAsync(files)), Cancellation);
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> PutAsync(TestServer server, RunId run, int index, int attempt, params (string Name, string Text)[] files) =>
        await PutAsync(server, run, index, attempt, await ArchiveAsync(files));

    private static async Task<HttpStatusCode> PutAsync(TestServer server, RunId run, int index, int attempt, byte[] archive)
    {
        var answer = await server.Client.PutAsync($"/api/runs/{run}/chunks/{index}/attempts/{attempt}/outputs", new ByteArrayContent(archive), Cancellation);
        return answer.StatusCode;
    }

    private static async Task<byte[]> ArchiveAsync(params (string Name, string Text)[] files)
    {
        using var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            foreach (var (name, text) in files)
            {
                using var data = new MemoryStream(Encoding.UTF8.GetBytes(text));
                await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data }, Cancellation);
            }
        }

        return archive.ToArray();
    }

    /// <summary>The header of a file larger than what follows, so that the refusal comes before the bytes.</summary>
    private static async Task<byte[]> SparseAsync(int size) => (await ArchiveAsync(("out/big", new string('x', size))))[..40_000];

    private static async Task<Dictionary<string, string>> UnpackAsync(TestServer server, string path)
    {
        var files = new Dictionary<string, string>();
        await using var reader = new TarReader(await server.Client.GetStreamAsync(path, Cancellation));
        while (await reader.GetNextEntryAsync(copyData: true, Cancellation) is { } entry)
        {
            using var text = new StreamReader(entry.DataStream ?? Stream.Null);
            files[entry.Name] = await text.ReadToEndAsync(Cancellation);
        }

        return files;
    }
}
