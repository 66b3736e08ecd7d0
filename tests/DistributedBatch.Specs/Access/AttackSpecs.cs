using System.Formats.Tar;
using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using DistributedBatch.Specs.Lab;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Access;

/// <summary>Attacks each promise of docs/security.md on a head with https. The tests of Messaging have those about the broker alone.</summary>
[Collection(nameof(LabBroker))]
public sealed class AttackSpecs(SecureLab lab) : IClassFixture<SecureLab>
{
    private static readonly object Spec = new { name = "attack", dataset = new { kind = "range", total = 1, first = 0 }, job = new { command = new[] { "true" } } };

    [Fact(Timeout = 240_000)]
    public async Task A_client_without_a_token_gets_nothing_and_guessing_is_limited()
    {
        var cancellation = TestContext.Current.CancellationToken;
        // Uses another address than the other specs, because failed logins are counted per address.
        using var anonymous = lab.Client(token: null, from: "127.0.0.2");
        using var guesser = lab.Client("dbt_00000000_" + new string('0', 64), from: "127.0.0.2");

        foreach (var path in new[] { "/api/runs", "/api/hosts", "/api/tokens", "/api/signing-key", "/api/nothing", "/metrics" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.GetAsync(path, cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.PostAsJsonAsync("/api/runs", Spec, cancellation)).StatusCode);

        await Eventually.HoldsAsync(
            "guessing is limited",
            async () => (await guesser.GetAsync("/api/runs", cancellation)).StatusCode == HttpStatusCode.TooManyRequests,
            cancellation);
        using var known = lab.Client(lab.OperatorToken);
        Assert.Equal(HttpStatusCode.OK, (await known.GetAsync("/api/runs", cancellation)).StatusCode);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_token_may_do_what_its_role_allows_and_a_refusal_names_the_missing_role()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var view = lab.Client(await lab.TokenAsync("view", "watcher"));
        using var submit = lab.Client(await lab.TokenAsync("submit", "student"));
        using var host = lab.Client(await lab.TokenAsync("host", "machine"));

        Assert.Equal(HttpStatusCode.OK, (await view.GetAsync("/api/runs", cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await view.GetAsync("/metrics", cancellation)).StatusCode);
        await ForbiddenAsync(view.PostAsJsonAsync("/api/runs", Spec, cancellation), "submit");
        await ForbiddenAsync(view.PostAsync("/api/runs/last/cancel", null, cancellation), "operate");
        await ForbiddenAsync(view.GetAsync("/api/tokens", cancellation), "operate");
        await ForbiddenAsync(view.PutAsync("/api/runs/last/chunks/0/attempts/1/outputs", new ByteArrayContent([]), cancellation), "host");

        var accepted = await submit.PostAsJsonAsync("/api/runs", Spec, cancellation);
        Assert.True(accepted.StatusCode == HttpStatusCode.Created, await accepted.Content.ReadAsStringAsync(cancellation));
        using var rival = lab.Client(await lab.TokenAsync("submit", "rival"));
        await ForbiddenAsync(rival.PostAsync("/api/runs/last/cancel", null, cancellation), "operate");
        Assert.Equal(HttpStatusCode.OK, (await submit.PostAsync("/api/runs/last/cancel", null, cancellation)).StatusCode);
        await ForbiddenAsync(submit.DeleteAsync("/api/runs/last", cancellation), "operate");
        await ForbiddenAsync(submit.PostAsJsonAsync("/api/tokens", new { role = "operate" }, cancellation), "operate");

        Assert.Equal(HttpStatusCode.OK, (await host.GetAsync("/api/signing-key", cancellation)).StatusCode);
        await ForbiddenAsync(host.GetAsync("/api/runs", cancellation), "view");
        await ForbiddenAsync(host.PostAsJsonAsync("/api/runs", Spec, cancellation), "submit");
        static async Task ForbiddenAsync(Task<HttpResponseMessage> request, string needed)
        {
            var response = await request;
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.Contains($"role {needed}", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task A_revoked_token_is_refused_at_once_and_its_streams_end()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var gone = lab.Client(await lab.TokenAsync("view", "leaver"));
        var run = (await lab.SucceedsAsync("submit", "--total", "1", "--json", "--", "true")).Json.GetProperty("run").GetString();
        var events = await gone.GetStreamAsync($"/api/runs/{run}/events", cancellation);
        Assert.True(await events.ReadAsync(new byte[16], cancellation) > 0);
        var rest = Task.Run(() => events.CopyToAsync(Stream.Null, cancellation), cancellation);

        await lab.SucceedsAsync("token", "revoke", "leaver");

        Assert.Equal(HttpStatusCode.Unauthorized, (await gone.GetAsync("/api/runs", cancellation)).StatusCode);
        await Assert.ThrowsAnyAsync<IOException>(() => rest.WaitAsync(TimeSpan.FromSeconds(30), cancellation));
        Assert.DoesNotContain("leaver", (await lab.SucceedsAsync("token", "list", "--json")).Out, StringComparison.Ordinal);
        Assert.DoesNotContain(lab.OperatorToken, File.ReadAllText(lab.Box["head", "tokens.json"]), StringComparison.Ordinal);
    }

    [Fact(Timeout = 240_000)]
    public async Task Tokens_that_several_processes_revoke_at_once_are_all_revoked()
    {
        var names = Enumerable.Range(0, 8).Select(number => $"one-of-eight-{number}").ToList();
        foreach (var name in names)
            await lab.TokenAsync("view", name);

        await Task.WhenAll(names.Select(name => lab.SucceedsAsync("token", "revoke", name, "--data", lab.Box["head"])));

        Assert.DoesNotContain("one-of-eight", (await lab.SucceedsAsync("token", "list", "--json")).Out, StringComparison.Ordinal);
    }

    [Fact(Timeout = 240_000)]
    public async Task The_streams_of_a_token_end_when_it_expires()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var token = (await lab.SucceedsAsync("token", "create", "--role", "view", "--name", "short", "--expires", "10s")).Out.Trim();
        using var client = lab.Client(token);
        var run = (await lab.SucceedsAsync("submit", "--total", "1", "--json", "--", "true")).Json.GetProperty("run").GetString();
        var events = await client.GetStreamAsync($"/api/runs/{run}/events", cancellation);

        await Assert.ThrowsAnyAsync<IOException>(() => events.CopyToAsync(Stream.Null, cancellation).WaitAsync(TimeSpan.FromSeconds(60), cancellation));

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/runs", cancellation)).StatusCode);
    }

    [Fact(Timeout = 240_000)]
    public async Task Idle_connections_of_one_address_lock_nobody_out_and_are_closed()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var idle = new List<Socket>();
        try
        {
            for (var number = 0; number < 2000; number++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
                await ConnectAsync(socket);
            }

            using var other = lab.Client(lab.OperatorToken);
            Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/runs", cancellation)).StatusCode);

            // Both the first one, which waited in vain for its first byte, and the last one, which was one too many.
            foreach (var socket in new[] { idle[0], idle[^1] })
                Assert.True(await HasEndedAsync(socket, cancellation));
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }

        async Task ConnectAsync(Socket socket)
        {
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, lab.Port, cancellation);
            }
            catch (SocketException)
            {
                // One too many, and closed already.
            }
        }

        static async Task<bool> HasEndedAsync(Socket socket, CancellationToken cancellation)
        {
            try
            {
                return await socket.ReceiveAsync(new byte[1], cancellation) == 0;
            }
            catch (SocketException)
            {
                return true; // reset
            }
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task A_running_server_sees_a_token_created_or_revoked_in_its_data_directory()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var token = (await lab.SucceedsAsync("token", "create", "--role", "view", "--name", "offline", "--data", lab.Box["head"])).Out.Trim();
        using var client = lab.Client(token);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/runs", cancellation)).StatusCode);

        await lab.SucceedsAsync("token", "revoke", "offline", "--data", lab.Box["head"]);

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/runs", cancellation)).StatusCode);
        Assert.DoesNotContain(token[^64..], File.ReadAllText(lab.Box["head", "tokens.json"]), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(lab.Box["head", "tokens.json"]));
    }

    [Fact(Timeout = 240_000)]
    public async Task Plain_HTTP_and_unknown_authorities_are_refused()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var plain = new TcpClient();
        await plain.ConnectAsync("127.0.0.1", lab.Port, cancellation);
        await plain.GetStream().WriteAsync("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), cancellation);
        Assert.DoesNotContain("HTTP/1.1 200", await ToTheEndAsync(plain.GetStream(), cancellation), StringComparison.Ordinal);

        await lab.SucceedsAsync("ca", "init", lab.Box["other"]);
        foreach (var options in new string[][] { ["--ca", lab.Box["other", "ca.pem"]], ["--server", $"https://127.0.0.1:{lab.Port}"] })
        {
            var ended = await lab.Box.DbatchAsync(["list", .. options]);
            Assert.Equal(3, ended.ExitCode);
            Assert.Contains("certificate", ended.Err, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task A_body_that_is_too_large_is_refused()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var client = lab.Client(lab.OperatorToken);
        using var body = new ByteArrayContent(new byte[31_000_000]) { Headers = { ContentType = new("application/json") } };
        client.DefaultRequestHeaders.ExpectContinue = true;

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await client.PostAsync("/api/runs", body, cancellation)).StatusCode);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_client_that_sends_too_slowly_is_disconnected()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var headers = await OpenAsync(cancellation);
        using var body = await OpenAsync(cancellation);
        await headers.WriteAsync("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: "u8.ToArray(), cancellation);
        await body.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {lab.OperatorToken}\r\nContent-Length: 1000\r\n\r\n{{"), cancellation);

        foreach (var answer in await Task.WhenAll(ToTheEndAsync(headers, cancellation), ToTheEndAsync(body, cancellation)))
            Assert.DoesNotContain("HTTP/1.1 2", answer, StringComparison.Ordinal);
    }

    [Fact(Timeout = 240_000)]
    public async Task No_path_escapes_from_logs_and_outputs()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var client = lab.Client(lab.OperatorToken);
        var run = (await lab.SucceedsAsync("submit", "--total", "1", "--json", "--", "true")).Json.GetProperty("run").GetString();
        foreach (var path in new[]
        {
            $"/api/runs/{run}/chunks/0/attempts/1/logs/..%2f..%2f..%2f..%2ftoken", $"/api/runs/{run}/chunks/0/attempts/1/logs/%2e%2e%2ftoken",
            $"/api/runs/..%2f..%2ftoken/outputs", $"/api/runs/{run}/chunks/..%2f0/outputs", "/page/..%2f..%2ftoken", "/page/%2e%2e/token",
        })
        {
            var response = await client.GetAsync(path, cancellation);
            Assert.True(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{path}: {response.StatusCode}");
            Assert.DoesNotContain(lab.OperatorToken, await response.Content.ReadAsStringAsync(cancellation), StringComparison.Ordinal);
        }

        foreach (var name in new[] { "../../evil", "out/../../../evil", "/tmp/evil" })
        {
            var refused = await client.PutAsync($"/api/runs/{run}/chunks/0/attempts/1/outputs", Archive(name), cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        Assert.Empty(Directory.EnumerateFiles(lab.Box.Path, "evil", SearchOption.AllDirectories));
    }

    [Fact(Timeout = 240_000)]
    public async Task Neither_headers_nor_markup_can_be_injected_into_responses()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var client = lab.Client(lab.OperatorToken);
        var injected = await client.GetAsync("/api/runs/x%0d%0aSet-Cookie:%20a=b%0d%0a%0d%0a%3Cscript%3Ealert(1)%3C%2Fscript%3E", cancellation);
        Assert.Equal(HttpStatusCode.NotFound, injected.StatusCode);
        Assert.False(injected.Headers.Contains("Set-Cookie"));
        Assert.Equal("application/problem+json", injected.Content.Headers.ContentType!.MediaType);

        foreach (var path in new[] { "/", "/api/runs", "/api/nothing", "/health" })
        {
            var response = await client.GetAsync(path, cancellation);
            Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("DENY", response.Headers.GetValues("X-Frame-Options").Single());
            Assert.Contains("max-age", response.Headers.GetValues("Strict-Transport-Security").Single(), StringComparison.Ordinal);
            Assert.False(response.Headers.Contains("Set-Cookie"));
            Assert.False(response.Headers.Contains("Server"));
        }
    }

    [Theory(Timeout = 240_000)]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Cross_site_requests_of_a_browser_are_refused(string header, string value)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var client = lab.Client(lab.OperatorToken);
        client.DefaultRequestHeaders.Add(header, value);

        var response = await client.PostAsJsonAsync("/api/runs", Spec, cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("another site", await response.Content.ReadAsStringAsync(cancellation), StringComparison.Ordinal);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_host_fetches_the_trusted_keys_runs_only_allowed_programs_and_shows_no_secret()
    {
        const string Secret = "s3cr3t-of-the-spec";
        var cancellation = TestContext.Current.CancellationToken;
        lab.StartHost("careful", await lab.TokenAsync("host", "careful"), "--allow-programs", "sh");
        lab.Box.Environment["API_PASSWORD"] = Secret;

        var good = (await lab.SucceedsAsync(
            "submit", "--total", "1", "--env-secret", "API_PASSWORD", "--json", "--", "sh", "-c", "test $(expr \"$API_PASSWORD\" : '.*') = 18 && echo fine"))
            .Json.GetProperty("run").GetString()!;
        var bad = (await lab.SucceedsAsync("submit", "--total", "1", "--retries", "0", "--json", "--", "env")).Json.GetProperty("run").GetString()!;

        Assert.Equal("succeeded", (await lab.SettledAsync(good, cancellation)).GetProperty("state").GetString());
        Assert.Equal("failed", (await lab.SettledAsync(bad, cancellation)).GetProperty("state").GetString());
        Assert.Contains("--allow-programs", (await lab.Box.DbatchAsync("explain", bad, "0")).Out, StringComparison.Ordinal);
        Assert.True(File.Exists(lab.Box["careful", "trusted.pub"]));
        using var client = lab.Client(lab.OperatorToken);
        foreach (var path in new[] { "", "/explain", "/chunks/0", "/chunks/0/attempts", "/attempts.csv", "/attempts.jsonl" })
            Assert.DoesNotContain(Secret, await client.GetStringAsync($"/api/runs/{good}{path}", cancellation), StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(lab.Box["head"], "tracker.db*"))
            Assert.DoesNotContain(Secret, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, cancellation)), StringComparison.Ordinal);
        lab.Box.Environment.Remove("API_PASSWORD");
    }

    private static ByteArrayContent Archive(string name)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) });
        return new ByteArrayContent(bytes.ToArray()) { Headers = { ContentType = new("application/x-tar") } };
    }

    private async Task<SslStream> OpenAsync(CancellationToken cancellation)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", lab.Port, cancellation);
        var stream = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false);
        await stream.AuthenticateAsClientAsync(lab.Trust(), cancellation);
        return stream;
    }

    /// <summary>All bytes until the other side closes.</summary>
    private static async Task<string> ToTheEndAsync(Stream stream, CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all, cancellation).WaitAsync(TimeSpan.FromSeconds(60), cancellation);
        }
        catch (IOException)
        {
            // The server is expected to disconnect.
        }

        return Encoding.Latin1.GetString(all.ToArray());
    }
}
