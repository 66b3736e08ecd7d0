namespace DistributedBatch.TestKit.Broker;

/// <summary>Where RabbitMQ's own scripts are on this machine.</summary>
/// <param name="Directory">Holds <c>rabbitmq-server</c> and <c>rabbitmqctl</c>.</param>
internal sealed record ServerFiles(string Directory)
{
    /// <summary>Debian's scripts on PATH switch to the user rabbitmq and its state; the ones behind them do not.</summary>
    private const string BehindDebiansWrapper = "/usr/lib/rabbitmq/bin";

    public string Server => Path.Combine(Directory, "rabbitmq-server");

    public string Control => Path.Combine(Directory, "rabbitmqctl");

    /// <summary>The scripts of this machine.</summary>
    /// <exception cref="InvalidOperationException">There are none; a test without a broker fails rather than passes.</exception>
    public static ServerFiles Find()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        string[] directories = [BehindDebiansWrapper, .. path.Split(':'), "/usr/lib/rabbitmq/sbin", "/opt/rabbitmq/sbin"];
        foreach (var directory in directories)
        {
            if (File.Exists(Path.Combine(directory, "rabbitmq-server")) && File.Exists(Path.Combine(directory, "rabbitmqctl")))
                return new ServerFiles(directory);
        }

        throw new InvalidOperationException(
            "These tests need a RabbitMQ server and found none. Install one (apt-get install rabbitmq-server; it need not run), "
            + "or set DBATCH_TEST_AMQP to the url of a broker that may be broken at will.");
    }
}
