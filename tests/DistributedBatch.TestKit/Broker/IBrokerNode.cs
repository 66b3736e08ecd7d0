namespace DistributedBatch.TestKit.Broker;

/// <summary>Where a private broker comes from.</summary>
internal interface IBrokerNode : IAsyncDisposable
{
    /// <summary>Where it listens, with a user that may do everything.</summary>
    Uri Server { get; }

    /// <summary>Certificates of the TLS listener; null where there is none.</summary>
    TestCertificates? Certificates { get; }

    /// <summary>Port of the TLS listener; 0 where there is none.</summary>
    int TlsPort { get; }

    /// <summary>Starts it, or starts it again over the same files; the task ends when it answers.</summary>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Ends it without a chance to tidy up.</summary>
    Task KillAsync(CancellationToken cancellation);

    /// <summary>Makes an empty virtual host in which our user may do everything.</summary>
    Task AddVhostAsync(string name, CancellationToken cancellation)
    {
        // One call in place of add_vhost and set_permissions: each costs half a second of starting Erlang.
        var user = Server.UserInfo.Split(':')[0];
        return ControlAsync(
            [
                "eval",
                $"rabbit_vhost:add(<<\"{name}\">>, <<\"test\">>), rabbit_auth_backend_internal:set_permissions("
                    + $"<<\"{user}\">>, <<\"{name}\">>, <<\".*\">>, <<\".*\">>, <<\".*\">>, <<\"test\">>).",
            ],
            cancellation);
    }

    /// <summary>Runs <c>rabbitmqctl</c> and gives what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    Task<string> ControlAsync(IReadOnlyList<string> arguments, CancellationToken cancellation);
}
