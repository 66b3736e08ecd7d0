using CliWrap;
using CliWrap.Buffered;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>Asks the driver which cards there are.</summary>
/// <param name="program">Program to ask; another one than <c>nvidia-smi</c> only in tests.</param>
public sealed class GpuProbe(string program = "nvidia-smi")
{
    // A driver that hangs must not hang the host: ten times what a healthy one takes with eight cards.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The healthy cards; empty where there is no NVIDIA driver, or where it does not answer.</summary>
    public async Task<IReadOnlyList<GpuCard>> CardsAsync(CancellationToken cancellation) =>
        NvidiaSmiText.Cards(await AskAsync(NvidiaSmiText.Arguments, cancellation).ConfigureAwait(false));

    /// <summary>Who holds memory of which card; empty where the driver does not tell.</summary>
    public async Task<IReadOnlyList<GpuProcess>> ProcessesAsync(CancellationToken cancellation) =>
        NvidiaSmiText.Processes(await AskAsync(NvidiaSmiText.ProcessArguments, cancellation).ConfigureAwait(false));

    private async Task<string> AskAsync(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            var answer = await Cli.Wrap(program)
                .WithArguments(arguments)
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(limit.Token)
                .ConfigureAwait(false);
            return answer.StandardOutput;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "";
        }
    }
}
