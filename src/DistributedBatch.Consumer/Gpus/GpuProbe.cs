using CliWrap;
using CliWrap.Buffered;

namespace DistributedBatch.Consumer.Gpus;

/// <summary>Asks the drivers for the cards: NVIDIA's first, then AMD's. After the first answer only that driver is asked.</summary>
/// <param name="nvidiaSmi">Program that lists NVIDIA cards; tests give another one.</param>
/// <param name="rocmSmi">Program that lists AMD cards; tests give another one.</param>
/// <param name="limit">How long a driver may take; null for 10 s.</param>
public sealed class GpuProbe(string nvidiaSmi = "nvidia-smi", string rocmSmi = "rocm-smi", TimeSpan? limit = null)
{
    // A driver that hangs must not block the host. A healthy one with eight cards answers in a tenth of this.
    private readonly TimeSpan timeout = limit ?? TimeSpan.FromSeconds(10);

    // After the kill of a driver's program that did not answer.
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(5);

    private GpuMaker? answered;
    private int stuck;

    /// <summary>Why no card can be seen although there may be some, in one sentence without full stop; null after an answer, and when there is no driver.</summary>
    public string? Trouble { get; private set; }

    /// <summary>The healthy cards, all of one maker; empty when there is no driver, or when it does not answer.</summary>
    public async Task<IReadOnlyList<GpuCard>> CardsAsync(CancellationToken cancellation)
    {
        Trouble = null;
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

    // Empty without an answer. A program that hangs in its driver cannot be killed; nobody waits for it, and no second one is started beside it.
    private async Task<string> AskAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        if (stuck > 0 && Directory.Exists($"/proc/{stuck}"))
            return NoAnswer(program);
        stuck = 0;
        using var killing = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        killing.CancelAfter(timeout);
        CommandTask<BufferedCommandResult>? asked = null;
        try
        {
            asked = Cli.Wrap(program).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(killing.Token);
            return (await asked.Task.WaitAsync(timeout + KillTimeout, cancellation)).StandardOutput;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return ""; // There is no such program.
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested && failure is OperationCanceledException or TimeoutException or IOException or InvalidOperationException)
        {
            stuck = asked?.ProcessId ?? 0;
            return NoAnswer(program);
        }
        finally
        {
            _ = asked?.Task.ContinueWith(late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private string NoAnswer(string program)
    {
        Trouble = $"'{program}' gave no answer within {timeout.TotalSeconds:0.#} s, so no GPU is used; it is asked again";
        return "";
    }
}
