namespace DistributedBatch.TestKit.Broker;

/// <summary>A node of the RabbitMQ that is installed here, with files and ports of its own.</summary>
internal sealed class InstalledNode : IBrokerNode
{
    private readonly ServerHome home;
    private readonly ServerProcess process;
    private readonly BrokerControl control;

    public InstalledNode()
    {
        var files = ServerFiles.Find();
        home = new ServerHome();
        process = new ServerProcess(files, home);
        control = new BrokerControl([files.Control, "-q", "-n", home.NodeName], home.Environment);
        Server = new Uri($"amqp://guest:guest@127.0.0.1:{home.Port}");
    }

    public Uri Server { get; }

    public TestCertificates? Certificates => home.Certificates;

    public int TlsPort => home.TlsPort;

    public Task StartAsync(CancellationToken cancellation) => process.StartAsync(cancellation);

    public Task KillAsync(CancellationToken cancellation) => process.KillAsync(cancellation);

    public Task<string> ControlAsync(IReadOnlyList<string> arguments, CancellationToken cancellation) => control.RunAsync(cancellation, arguments);

    public ValueTask DisposeAsync()
    {
        process.Dispose();
        return ValueTask.CompletedTask;
    }
}
