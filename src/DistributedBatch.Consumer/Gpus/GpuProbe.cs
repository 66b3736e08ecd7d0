using CliWrap;
using CliWrap.Buffered;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>Asks the driver which cards there are: NVIDIA's first, AMD's where it knows of none. The one that answered is asked from then on.</summary>
/// <param name="nvidiaSmi">Program to ask for NVIDIA's cards; another one than <c>nvidia-smi</c> only in tests.</param>
/// <param name="rocmSmi">Program to ask for AMD's cards; another one than <c>rocm-smi</c> only in tests.</param>
public sealed class GpuProbe(string nvidiaSmi = "nvidia-smi", string rocmSmi = "rocm-smi")
{
    // A driver that hangs must not hang the host: ten times what a healthy one takes with eight cards.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private GpuMaker? answered;

    /// <summary>The healthy cards, all of one maker; empty where there is no driver, or where it does not answer.</summary>
    public async Task<IReadOnlyList<GpuCard>> CardsAsync(CancellationToken cancellation)
    {
        foreach (var maker in answered is { } known ? [known] : Enum.GetValues<GpuMaker>())
        {
            var cards = maker == GpuMaker.Amd
                ? RocmSmiText.Cards(await AskAsync(rocmSmi, RocmSmiText.Arguments, cancellation))
                : NvidiaSmiText.Cards(await AskAsync(nvidiaSmi, NvidiaSmiText.Arguments, cancellation));
            if (cards.Count == 0)
                continue;
            answered = maker;
            return cards;
        }

        return [];
    }

    /// <summary>Who holds memory of which card; empty where the driver does not tell, and before it has told of cards.</summary>
    public async Task<IReadOnlyList<GpuProcess>> ProcessesAsync(CancellationToken cancellation) => answered switch
    {
        GpuMaker.Nvidia => NvidiaSmiText.Processes(await AskAsync(nvidiaSmi, NvidiaSmiText.ProcessArguments, cancellation)),
        GpuMaker.Amd => RocmSmiText.Processes(await AskAsync(rocmSmi, RocmSmiText.ProcessArguments, cancellation)),
        _ => [],
    };

    private static async Task<string> AskAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
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
