using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.TestKit.Broker;

/// <summary>A broker that somebody else runs, and that starts again when it ends.</summary>
/// <param name="server">Where it listens.</param>
/// <param name="controlCommand">Runs <c>rabbitmqctl</c> for it.</param>
internal sealed class GivenNode(Uri server, string controlCommand) : IBrokerNode
{
    private readonly BrokerControl control = new(controlCommand.Split(' '), environment: null);

    public Uri Server => server;

    public TestCertificates? Certificates => null;

    public int TlsPort => 0;

    public Task StartAsync(CancellationToken cancellation) =>
        Eventually.HoldsAsync("the given broker answers", () => AnswersAsync(cancellation), cancellation, TimeSpan.FromMinutes(2));

    public Task KillAsync(CancellationToken cancellation) => ControlAsync(["eval", "erlang:halt(137, [{flush, false}])."], cancellation);

    public Task<string> ControlAsync(IReadOnlyList<string> arguments, CancellationToken cancellation) => control.RunAsync(cancellation, arguments);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        try
        {
            await ControlAsync(["await_startup"], cancellation);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
