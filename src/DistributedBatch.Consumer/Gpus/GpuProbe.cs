using CliWrap;
using CliWrap.Buffered;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>Asks the drivers for the cards: NVIDIA's first, then AMD's. After the first answer only that driver is asked.</summary>
/// <param name="nvidiaSmi">Program that lists NVIDIA cards; tests give another one.</param>
/// <param name="rocmSmi">Program that lists AMD cards; tests give another one.</param>
public sealed class GpuProbe(string nvidiaSmi = "nvidia-smi", string rocmSmi = "rocm-smi")
{
    // A driver that hangs must not block the host. A healthy one with eight cards answers in a tenth of this.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private GpuMaker? answered;

    /// <summary>The healthy cards, all of one maker; empty when there is no driver, or when it does not answer.</summary>
    public async Task<IReadOnlyList<GpuCard>> CardsAsync(CancellationToken cancellation)
    {
        foreach (var maker in answered is { } known ? [known] : Enum.GetValues<GpuMaker>())
        {
            var cards = maker == GpuMaker.Amd
                ? RocmSmiOutput.Cards(await AskAsync(rocmSmi, RocmSmiOutput.Arguments, cancellation))
                : NvidiaSmiOutput.Cards(await AskAsync(nvidiaSmi, NvidiaSmiOutput.Arguments, cancellation));
            if (cards.Count == 0)
                continue;
            answered = maker;
            return cards;
        }

        return [];
    }

    /// <summary>Processes that hold memory of cards; empty when the driver does not tell, and before cards were found.</summary>
    public async Task<IReadOnlyList<GpuProcess>> ProcessesAsync(CancellationToken cancellation) => answered switch
    {
        GpuMaker.Nvidia => NvidiaSmiOutput.Processes(await AskAsync(nvidiaSmi, NvidiaSmiOutput.ProcessArguments, cancellation)),
        GpuMaker.Amd => RocmSmiOutput.Processes(await AskAsync(rocmSmi, RocmSmiOutput.ProcessArguments, cancellation)),
        _ => [],
    };

    private static async Task<string> AskAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        try
        {
            var answer = await Cli.Wrap(program)
                .WithArguments(arguments)
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(limit.Token);
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
