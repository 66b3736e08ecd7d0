namespace DistributedBatch.Architecture.Tests.Ring;

/// <summary>A ring on purpose: <see cref="Below.Lower"/> uses this type.</summary>
internal static class Upper
{
    public static int Number => 1;

    public static async Task<int> UseAsync()
    {
        await Task.CompletedTask;
        return Below.Lower.Number;
    }
}
