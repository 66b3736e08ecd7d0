using System.Net;
using System.Text.RegularExpressions;
using DistributedBatch.Tracker.Dashboard;
using DistributedBatch.Tracker.Tests.Api;

namespace DistributedBatch.Tracker.Tests.Dashboard;

public sealed partial class DashboardPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task The_page_is_served_without_a_token_and_with_a_strict_policy()
    {
        await using var server = await TestServer.StartAsync();
        using var stranger = new HttpClient { BaseAddress = server.Client.BaseAddress };

        var page = await stranger.GetAsync("/", Cancellation);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/");
        again.Headers.IfNoneMatch.Add(page.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await stranger.SendAsync(again, Cancellation)).StatusCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task Everything_the_page_asks_for_is_there_and_nothing_comes_from_elsewhere()
    {
        await using var server = await TestServer.StartAsync();
        var waiting = new Queue<Uri>([new Uri(server.Client.BaseAddress!, "/")]);
        var seen = new HashSet<Uri>(waiting);

        while (waiting.TryDequeue(out var address))
        {
            var answer = await server.Client.GetAsync(address, Cancellation);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{address} is not there");
            if (answer.Content.Headers.ContentType!.MediaType is not ("text/html" or "text/javascript"))
                continue;
            foreach (Match match in References().Matches(await answer.Content.ReadAsStringAsync(Cancellation)))
            {
                var next = new Uri(address, match.Groups["to"].Value);
                Assert.Equal(server.Client.BaseAddress!.Authority, next.Authority);
                if (seen.Add(next))
                    waiting.Enqueue(next);
            }
        }

        Assert.Equal(
            DashboardPage.Names.Where(name => Path.GetFileName(name) != "LICENSE").Order(),
            seen.Select(address => address.AbsolutePath == "/" ? "index.html" : address.AbsolutePath["/page/".Length..]).Order());
    }

    [Fact]
    public void Every_module_is_asked_for_at_once()
    {
        using var reader = new StreamReader(typeof(DashboardPage).Assembly.GetManifestResourceStream("page/index.html")!);
        var page = reader.ReadToEnd();

        foreach (var name in DashboardPage.Names.Where(name => name.EndsWith(".js", StringComparison.Ordinal) && name != "main.js"))
            Assert.Contains($"""<link rel="modulepreload" href="/page/{name}">""", page, StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_ever_becomes_markup()
    {
        foreach (var name in DashboardPage.Names.Where(name => name.EndsWith(".js", StringComparison.Ordinal) && !name.StartsWith("vendor/", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(typeof(DashboardPage).Assembly.GetManifestResourceStream($"page/{name}")!);
            Assert.DoesNotMatch(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|javascript:", reader.ReadToEnd());
        }
    }

    [GeneratedRegex("""(?:from '|(?:href|src)="(?=/))(?<to>[^'"#]+)['"]""")]
    private static partial Regex References();
}
