using System.Globalization;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.TestKit.Broker;

/// <summary>
/// The files, ports and environment of a throwaway RabbitMQ node that shares nothing with an installed one: own cookie, own epmd, own directories. The
/// environment is complete, not added to, because the system's <c>rabbitmq-env.conf</c> and inherited variables would leak in otherwise.
/// </summary>
internal sealed class ServerHome : IDisposable
{
    private readonly TempDirectory directory = new();
    private readonly int distributionPort;
    private readonly int epmdPort;

    public ServerHome()
    {
        var ports = FreePort.Several(4);
        (Port, TlsPort, distributionPort, epmdPort) = (ports[0], ports[1], ports[2], ports[3]);
        NodeName = $"dbatch-test-{Port}@localhost";
        Certificates = TestCertificates.Create(directory["tls"]);
        Directory.CreateDirectory(directory["home"]);
        directory.Write("env.conf", "");
        directory.Write("enabled_plugins", "[].");
        directory.Write("rabbitmq.conf", $"""
            listeners.tcp.1 = 127.0.0.1:{Port}
            listeners.ssl.1 = 127.0.0.1:{TlsPort}
            ssl_options.cacertfile = {Certificates.AuthorityFile}
            ssl_options.certfile = {Certificates.ServerFile}
            ssl_options.keyfile = {Certificates.ServerKeyFile}
            ssl_options.verify = verify_none
            consumer_timeout = 90000000
            disk_free_limit.absolute = 50MB
            vm_memory_high_watermark.absolute = 2GB
            log.console = false

            """);
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin",
            ["HOME"] = directory["home"],
            ["LANG"] = "C.UTF-8",
            ["RABBITMQ_NODENAME"] = NodeName,
            ["RABBITMQ_DIST_PORT"] = distributionPort.ToString(CultureInfo.InvariantCulture),
            ["RABBITMQ_CONF_ENV_FILE"] = directory["env.conf"],
            ["RABBITMQ_CONFIG_FILE"] = directory["rabbitmq.conf"],
            ["RABBITMQ_CONFIG_FILES"] = directory["none"],
            ["RABBITMQ_ADVANCED_CONFIG_FILE"] = directory["advanced.config"],
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = directory["enabled_plugins"],
            ["RABBITMQ_MNESIA_BASE"] = directory["mnesia"],
            ["RABBITMQ_LOG_BASE"] = directory["log"],
            ["RABBITMQ_FEATURE_FLAGS_FILE"] = directory["feature_flags"],
            ["RABBITMQ_PLUGINS_EXPAND_DIR"] = directory["plugins-expand"],
            ["RABBITMQ_PID_FILE"] = PidFile,
            ["RABBITMQ_GENERATED_CONFIG_DIR"] = directory["gen"],
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
            ["ERL_EPMD_PORT"] = epmdPort.ToString(CultureInfo.InvariantCulture),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        };
    }

    public int Port { get; }

    public int TlsPort { get; }

    public string NodeName { get; }

    public TestCertificates Certificates { get; }

    public IReadOnlyDictionary<string, string> Environment { get; }

    public string PidFile => directory["rabbit.pid"];

    public string OutputFile => directory["output.log"];

    public string LogDirectory => directory["log"];

    public void Dispose() => directory.Dispose();
}
