using System.Globalization;
using System.Text.Json;

namespace DistributedBatch.TestKit.Broker;

/// <summary>
/// A RabbitMQ broker of this test assembly alone, which its tests may break at will. Use it as an assembly fixture:
/// <c>[assembly: AssemblyFixture(typeof(PrivateBroker))]</c>. It is the first of these that can be had:
/// the one whose url is in <c>DBATCH_TEST_AMQP</c>, controlled by the command in <c>DBATCH_TEST_RABBITMQCTL</c>; a container, where a Docker engine answers and has the
/// image; a node of the installed RabbitMQ. <c>DBATCH_TEST_BROKER</c>, <c>container</c> or <c>installed</c>, leaves no choice: one machine then tests the same
/// broker every time.
/// </summary>
public sealed class PrivateBroker : IAsyncLifetime
{
    private IBrokerNode? node;
    private int vhosts;

    /// <summary>Certificates of the TLS listener; null for a broker from the environment.</summary>
    public TestCertificates? Certificates => Node.Certificates;

    /// <summary>Port of the TLS listener; 0 for a broker from the environment.</summary>
    public int TlsPort => Node.TlsPort;

    /// <summary>Where the broker listens.</summary>
    public Uri Server => Node.Server;

    private IBrokerNode Node => node ?? throw new InvalidOperationException("The broker is not started; is it registered as an assembly fixture?");

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        if (Environment.GetEnvironmentVariable("DBATCH_TEST_AMQP") is { Length: > 0 } url)
            node = await StartedAsync(() => new GivenNode(new Uri(url), Environment.GetEnvironmentVariable("DBATCH_TEST_RABBITMQCTL") ?? "rabbitmqctl -q"), cancellation);
        else
            node = await StartedAsync(Environment.GetEnvironmentVariable("DBATCH_TEST_BROKER") ?? "", cancellation);
    }

    public ValueTask DisposeAsync() => node?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A new empty virtual host for one test, as a url.</summary>
    public async Task<Uri> NewVhostAsync(CancellationToken cancellation)
    {
        var name = $"test-{Environment.ProcessId}-{Interlocked.Increment(ref vhosts)}";
        await Node.AddVhostAsync(name, cancellation);
        return new UriBuilder(Server) { Path = name }.Uri;
    }

    /// <summary>
    /// <c>kill -9</c> of the broker. Its directory of quorum queues is saved first: RabbitMQ does that half a second after the last change (ra_directory.erl),
    /// and a queue that was made in that half second never answers again after a kill, which is RabbitMQ's and not what a test is after.
    /// </summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        await EvalAsync("[dets:sync(Table) || Table <- dets:all()].", cancellation);
        await Node.KillAsync(cancellation);
    }

    /// <summary>Starts a killed broker again over the same files. One from the environment is expected to be restarted by whoever runs it.</summary>
    public Task StartAgainAsync(CancellationToken cancellation) => Node.StartAsync(cancellation);

    /// <summary>Closes every client connection of a virtual host, as an operator or a failing network would.</summary>
    public Task CloseConnectionsAsync(Uri vhost, CancellationToken cancellation) =>
        ControlAsync(cancellation, "close_all_connections", "--vhost", NameOf(vhost), "closed by a test");

    /// <summary>Raises the memory alarm: publishing connections are blocked until <see cref="ClearMemoryAlarmAsync"/>.</summary>
    public Task RaiseMemoryAlarmAsync(CancellationToken cancellation) => ControlAsync(cancellation, "set_vm_memory_high_watermark", "0.0000001");

    /// <summary>Ends the memory alarm.</summary>
    public Task ClearMemoryAlarmAsync(CancellationToken cancellation) =>
        ControlAsync(cancellation, "set_vm_memory_high_watermark", "absolute", "2GB");

    /// <summary>
    /// Sets after how long the broker takes an unacknowledged delivery back, and lets it look every second. Only channels opened afterwards look that often.
    /// </summary>
    public Task SetConsumerTimeoutAsync(TimeSpan timeout, CancellationToken cancellation) => EvalAsync(
        string.Create(
            CultureInfo.InvariantCulture,
            $"application:set_env(rabbit, consumer_timeout, {timeout.TotalMilliseconds:0}), application:set_env(rabbit, channel_tick_interval, 1000)."),
        cancellation);

    /// <summary>The queues of a virtual host and the messages in each, ready and unacknowledged. Counted by the broker every few seconds only.</summary>
    public async Task<IReadOnlyDictionary<string, QueueDepth>> QueuesAsync(Uri vhost, CancellationToken cancellation)
    {
        var json = await ControlAsync(
            cancellation, "--formatter", "json", "list_queues", "-p", NameOf(vhost), "name", "messages_ready", "messages_unacknowledged", "consumers");
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateArray().ToDictionary(
            queue => queue.GetProperty("name").GetString()!,
            queue => new QueueDepth(
                queue.GetProperty("messages_ready").GetInt32(),
                queue.GetProperty("messages_unacknowledged").GetInt32(),
                queue.GetProperty("consumers").GetInt32()));
    }

    /// <summary>Makes a user, or gives it a new password, and lets it do what the three patterns allow in a virtual host.</summary>
    public Task AdmitAsync(Uri vhost, string user, string password, string configure, string write, string read, CancellationToken cancellation)
    {
        var (name, place) = (Text(user), Text(NameOf(vhost)));
        return EvalAsync(
            $"case rabbit_auth_backend_internal:lookup_user({name}) of {{ok, _}} -> rabbit_auth_backend_internal:change_password({name}, {Text(password)}, <<\"test\">>); "
            + $"_ -> rabbit_auth_backend_internal:add_user({name}, {Text(password)}, <<\"test\">>) end, "
            + $"rabbit_auth_backend_internal:set_permissions({name}, {place}, {Text(configure)}, {Text(write)}, {Text(read)}, <<\"test\">>).",
            cancellation);

        static string Text(string text) => $"<<\"{text.Replace("\\", "\\\\", StringComparison.Ordinal)}\">>";
    }

    /// <summary>Runs a command of <c>rabbitmqctl</c>.</summary>
    public Task<string> ControlAsync(CancellationToken cancellation, params IReadOnlyList<string> command) => Node.ControlAsync(command, cancellation);

    /// <summary>Runs an Erlang expression in the broker.</summary>
    public Task<string> EvalAsync(string expression, CancellationToken cancellation) => ControlAsync(cancellation, "eval", expression);

    private static string NameOf(Uri vhost) => vhost.AbsolutePath.TrimStart('/') is { Length: > 0 } name ? name : "/";

    private static async Task<IBrokerNode> StartedAsync(string choice, CancellationToken cancellation)
    {
        if (choice is not ("" or "installed" or "container"))
            throw new InvalidOperationException($"DBATCH_TEST_BROKER is container or installed, not '{choice}'.");
        if (choice == "installed" || !await ContainerNode.IsPossibleAsync(cancellation))
        {
            return choice == "container"
                ? throw new InvalidOperationException($"DBATCH_TEST_BROKER=container needs a Docker engine that has the image {ContainerNode.Image}.")
                : await StartedAsync(() => new InstalledNode(), cancellation);
        }

        try
        {
            return await StartedAsync(() => new ContainerNode(), cancellation);
        }
        catch (Exception) when (choice == "" && !cancellation.IsCancellationRequested)
        {
            // An engine that answers and cannot run a container is no engine.
            return await StartedAsync(() => new InstalledNode(), cancellation);
        }
    }

    private static async Task<IBrokerNode> StartedAsync(Func<IBrokerNode> create, CancellationToken cancellation)
    {
        var node = create();
        try
        {
            await node.StartAsync(cancellation);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }
}
