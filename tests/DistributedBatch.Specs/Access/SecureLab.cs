using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using DistributedBatch.Specs.Run;
using DistributedBatch.TestKit.Broker;
using DistributedBatch.TestKit.Processes;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Specs.Access;

/// <summary>A head as it is deployed: a process that serves https with a certificate from its own authority, with a real broker.</summary>
public sealed class SecureLab(PrivateBroker broker) : IAsyncLifetime
{
    private readonly OneBox box = new();
    private readonly int port = FreePort.Next();
    private readonly List<DbatchProcess> processes = [];

    /// <summary>Port of the https listener.</summary>
    public int Port => port;

    internal OneBox Box => box;

    /// <summary>Address of the server.</summary>
    public Uri Server => new($"https://localhost:{port}");

    /// <summary>Virtual host of the lab, without TLS, for whoever owns the broker.</summary>
    public Uri Broker { get; private set; } = null!;

    private string Authority => box["tls", "ca.pem"];

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        Broker = await broker.NewVhostAsync(cancellation);
        await SucceedsAsync("ca", "init", box["tls"]);
        await SucceedsAsync("ca", "issue", box["tls"], "server", "--host", "localhost");
        box.Environment["DBATCH_SERVER"] = Server.AbsoluteUri;
        box.Environment["DBATCH_CA"] = Authority;
        box.Environment["DBATCH_TOKEN_FILE"] = box["head", "token"];
        var head = box.Start(
            "serve", "--broker", Broker.AbsoluteUri, "--data", box["head"], "--listen", Server.AbsoluteUri,
            "--tls-cert", box["tls", "server.pem"], "--tls-key", box["tls", "server.key"]);
        processes.Add(head);
        await Eventually.HoldsAsync(
            "the head answers",
            async () =>
            {
                Assert.False(head.End.IsCompleted, head.End.IsCompleted ? (await head.End).ToString() : "");
                return (await box.DbatchAsync("list", "--json")).ExitCode == 0;
            },
            cancellation,
            TimeSpan.FromSeconds(90));
    }

    /// <summary>Trusts the lab's authority and nothing else.</summary>
    public SslClientAuthenticationOptions Trust()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(Authority);
        return new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy };
    }

    /// <summary>A client that trusts the lab's authority and nothing else.</summary>
    /// <param name="token">Its token; null for none.</param>
    /// <param name="from">Address it calls from, one of this machine's own.</param>
    public HttpClient Client(string? token, string from = "127.0.0.1")
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = Trust(),
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = Server, Timeout = TimeSpan.FromSeconds(60) };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>The operator's own token.</summary>
    public string OperatorToken => File.ReadAllText(box["head", "token"]).Trim();

    /// <summary>A new token of a role.</summary>
    public async Task<string> TokenAsync(string role, string name) => (await SucceedsAsync("token", "create", "--role", role, "--name", name)).Out.Trim();

    /// <summary>Runs a command, which must succeed.</summary>
    internal async Task<DbatchResult> SucceedsAsync(params string[] arguments)
    {
        var ended = await box.DbatchAsync(arguments);
        Assert.True(ended.ExitCode == 0, ended.ToString());
        return ended;
    }

    /// <summary>Starts a consumer that learns from the server whose chunks may run.</summary>
    internal DbatchProcess StartHost(string name, string token, params string[] options)
    {
        // Its variables are its own: the host's token, not the operator's.
        var before = box.Environment["DBATCH_TOKEN_FILE"];
        box.Environment["DBATCH_TOKEN_FILE"] = box.Write($"{name}.token", token);
        var started = box.Start([
            "consumer", "--broker", Broker.AbsoluteUri, "--data", box[name], "--host", name, "--slots", "1", "--gpus", "none", .. options]);
        box.Environment["DBATCH_TOKEN_FILE"] = before;
        processes.Add(started);
        return started;
    }

    /// <summary>Waits until a run is settled and gives what <c>show --json</c> says.</summary>
    internal async Task<JsonElement> SettledAsync(string run, CancellationToken cancellation)
    {
        JsonElement shown = default;
        await Eventually.HoldsAsync(
            $"run {run} is settled",
            async () =>
            {
                var ended = await box.DbatchAsync("show", run, "--json");
                shown = ended.ExitCode is 0 or 1 && ended.Out.StartsWith('{') ? ended.Json : default;
                return shown.ValueKind == JsonValueKind.Object && shown.GetProperty("state").GetString() is "succeeded" or "failed" or "cancelled";
            },
            cancellation,
            TimeSpan.FromSeconds(90));
        return shown;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes.Where(process => !process.End.IsCompleted))
        {
            process.Signal(ProcessKiller.Sigkill);
            await process.End.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        box.Dispose();
    }
}
