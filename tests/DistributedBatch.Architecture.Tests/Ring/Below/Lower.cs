namespace DistributedBatch.Architecture.Tests.Ring.Below;

/// <summary>A ring on purpose: <see cref="Upper"/> uses this type, and this type uses the composition root.</summary>
internal static class Lower
{
    public static int Number => 2;

    public static IEnumerable<int> Use() => Solution.Projects.Select(_ => Upper.Number);
}
