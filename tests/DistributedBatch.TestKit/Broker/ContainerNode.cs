using System.Text;
using DistributedBatch.TestKit.Files;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Images;
using Testcontainers.RabbitMq;

namespace DistributedBatch.TestKit.Broker;

/// <summary>A broker in a container, of the version the lab's containers have. The image must be there: nothing is pulled in the middle of a test.</summary>
internal sealed class ContainerNode : IBrokerNode
{
    /// <summary>The image, as in <c>docker-compose.yml</c>.</summary>
    public const string Image = "rabbitmq:4.3-management";

    private const string ApiVersion = "DOCKER_API_VERSION";
    private const string Name = "dbatch";
    private const string Configuration = "/etc/rabbitmq/conf.d/90-dbatch-test.conf";
    private const string Tls = "/etc/rabbitmq/tls-";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly TempDirectory directory = new();
    private readonly RabbitMqContainer container;
    private readonly HttpClient management;

    public ContainerNode()
    {
        // Ports of our own choice, because a container that is started again would be given others.
        var ports = FreePort.Several(3);
        TlsPort = ports[1];
        Certificates = TestCertificates.Create(directory["tls"]);
        container = new RabbitMqBuilder(Image)
            .WithImagePullPolicy(PullPolicy.Never)
            .WithUsername(Name)
            .WithPassword(Name)
            .WithPortBinding(ports[0], 5672)
            .WithPortBinding(TlsPort, 5671)
            .WithPortBinding(ports[2], 15672)
            .WithResourceMapping(File.ReadAllBytes(Certificates.AuthorityFile), $"{Tls}ca.pem")
            .WithResourceMapping(File.ReadAllBytes(Certificates.ServerFile), $"{Tls}server.pem")
            .WithResourceMapping(File.ReadAllBytes(Certificates.ServerKeyFile), $"{Tls}server.key", fileMode: ReadableByAll)
            .WithResourceMapping(Encoding.UTF8.GetBytes($"""
                listeners.ssl.default = 5671
                ssl_options.cacertfile = {Tls}ca.pem
                ssl_options.certfile = {Tls}server.pem
                ssl_options.keyfile = {Tls}server.key
                ssl_options.verify = verify_none
                consumer_timeout = 90000000
                disk_free_limit.absolute = 50MB
                vm_memory_high_watermark.absolute = 2GB

                """), Configuration)
            .Build();
        Server = new Uri($"amqp://{Name}:{Name}@127.0.0.1:{ports[0]}");
        management = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[2]}/api/") };
        management.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Name}:{Name}")));
    }

    public Uri Server { get; }

    public TestCertificates? Certificates { get; }

    public int TlsPort { get; }

    private static UnixFileModes ReadableByAll => UnixFileModes.UserRead | UnixFileModes.GroupRead | UnixFileModes.OtherRead;

    /// <summary>Whether a Docker engine answers and has the image. The reaper that removes what a killed test leaves behind is used where its image is there.</summary>
    public static async Task<bool> IsPossibleAsync(CancellationToken cancellation)
    {
        if (await DockerCommand.AskAsync(cancellation, "version", "--format", "{{.Server.APIVersion}}") is not { Length: > 0 } version
            || !await HasImageAsync(Image, cancellation))
            return false;

        // Testcontainers asks for a newer API than an older engine has, such as that of Debian 12, and takes the refusal for no engine.
        if (Environment.GetEnvironmentVariable(ApiVersion) is null)
            Environment.SetEnvironmentVariable(ApiVersion, version);
        TestcontainersSettings.ResourceReaperEnabled = await HasImageAsync(TestcontainersSettings.ResourceReaperImage?.FullName ?? "testcontainers/ryuk", cancellation);
        return true;
    }

    public async Task StartAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        await container.StartAsync(patience.Token);
        await ControlAsync(["await_startup"], patience.Token);
    }

    // From inside a container nobody can send its first process a SIGKILL; this ends it as abruptly.
    public async Task KillAsync(CancellationToken cancellation)
    {
        await container.ExecAsync(["rabbitmqctl", "-q", "eval", "erlang:halt(137, [{flush, false}])."], cancellation);
        await container.StopAsync(cancellation);
    }

    // Whoever makes a vhost may do everything in it; rabbitmqctl would start an Erlang of its own, and each test begins with this.
    public async Task AddVhostAsync(string name, CancellationToken cancellation)
    {
        using var answer = await management.PutAsync($"vhosts/{name}", new StringContent("{}", Encoding.UTF8, "application/json"), cancellation);
        answer.EnsureSuccessStatusCode();
    }

    public async Task<string> ControlAsync(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var ended = await container.ExecAsync(["rabbitmqctl", "-q", .. arguments], cancellation);
        return ended.ExitCode == 0
            ? ended.Stdout
            : throw new InvalidOperationException($"rabbitmqctl {string.Join(' ', arguments)}: exit code {ended.ExitCode}\n{ended.Stdout}{ended.Stderr}");
    }

    public async ValueTask DisposeAsync()
    {
        management.Dispose();
        await container.DisposeAsync();
        directory.Dispose();
    }

    private static async Task<bool> HasImageAsync(string image, CancellationToken cancellation) =>
        await DockerCommand.AskAsync(cancellation, "image", "inspect", "--format", "{{.Id}}", image) is not null;
}
