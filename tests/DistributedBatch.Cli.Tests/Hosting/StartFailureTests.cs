using System.Net.Sockets;
using DistributedBatch.Cli.Hosting;
using Microsoft.AspNetCore.Connections;

namespace DistributedBatch.Cli.Tests.Hosting;

public sealed class StartFailureTests
{
    [Fact]
    public void A_port_that_another_program_has_is_told_as_that()
    {
        const string Kestrel = "Failed to bind to address http://127.0.0.1:8080: address already in use.";

        Assert.Equal(
            "Failed to bind to address http://127.0.0.1:8080: address already in use. Another program listens there, perhaps another dbatch serve. Stop it, or choose another address with --listen.",
            StartFailure.Sentence(new IOException(Kestrel, new AddressInUseException("in use"))));
        Assert.Contains("The address of --listen cannot be used", StartFailure.Sentence(new SocketException((int)SocketError.AddressNotAvailable)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_failure_is_a_bug_and_has_no_sentence() => Assert.Null(StartFailure.Sentence(new InvalidOperationException()));
}
