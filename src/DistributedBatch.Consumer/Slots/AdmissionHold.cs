namespace DistributedBatch.Consumer.Slots;

/// <summary>Why a host takes no chunks. Several causes may hold it at once, and it takes chunks again when the last of them is gone.</summary>
/// <param name="apply">Told the reason that counts whenever one of them changed; null when there is none.</param>
internal sealed class AdmissionHold(Action<string?> apply)
{
    private readonly Lock turn = new();
    private string? leaving;
    private string? steered;
    private string? solo;

    /// <summary>The host is about to end; it never takes chunks again.</summary>
    public void Leave(string reason) => Change(() => leaving = reason);

    /// <summary>The producer wants it to take none, or does not any more.</summary>
    public void Steer(string? reason) => Change(() => steered = reason);

    /// <summary>An attempt has it for itself, or has no more.</summary>
    public void Solo(string? reason) => Change(() => solo = reason);

    private void Change(Action change)
    {
        lock (turn)
        {
            change();
            apply(leaving ?? steered ?? solo);
        }
    }
}
