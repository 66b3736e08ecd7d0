using System.Globalization;

namespace DistributedBatch.Specs.Chaos;

/// <summary>What <c>benchmarks/soak.sh</c> sets for a longer chaos than that of every test run.</summary>
internal static class ChaosOptions
{
    /// <summary><c>DBATCH_TEST_SEED</c>: decides the order of the faults and how long each lasts. Another one each time unless it is set.</summary>
    public static int Seed { get; } = Number("DBATCH_TEST_SEED", Random.Shared.Next());

    /// <summary><c>DBATCH_TEST_FAULTS</c>: number of faults.</summary>
    public static int Faults(int otherwise) => Number("DBATCH_TEST_FAULTS", otherwise);

    /// <summary><c>DBATCH_TEST_CHUNKS</c>: number of chunks.</summary>
    public static int Chunks(int otherwise) => Number("DBATCH_TEST_CHUNKS", otherwise);

    /// <summary><c>DBATCH_TEST_OUTAGE</c>: seconds of a long outage. Above 30 s hosts are silent for longer than the producer waits for them.</summary>
    public static int Outage(int otherwise) => Number("DBATCH_TEST_OUTAGE", otherwise);

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
