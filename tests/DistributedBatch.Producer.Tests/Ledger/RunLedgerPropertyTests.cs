using CsCheck;
using DistributedBatch.Producer.Ledger;

namespace DistributedBatch.Producer.Tests.Ledger;

public sealed class RunLedgerPropertyTests
{
    private static readonly Gen<RunLimits> Limits = Gen.Select(
        Gen.Long[0, 60],
        Gen.Long[0, 60],
        Gen.Long[0, 12],
        Gen.Int[0, 3],
        Gen.Int[1, 4],
        Gen.Int[0, 12],
        (first, length, size, retries, crashes, failures) => new RunLimits
        {
            First = first,
            Total = first + length,
            ChunkSize = size == 0 ? null : size,
            Retries = retries,
            CrashLimit = crashes,
            MaxFailures = failures > 6 ? null : failures,
        });

    [Fact]
    public void Every_chunk_ends_in_exactly_one_final_state_whatever_happens_on_the_way() =>
        Gen.Select(Limits, Gen.Int, Gen.Int[0, 10_000].Array[0, 400]).Sample(
            (limits, seed, steps) =>
            {
                var simulation = new LedgerSimulation(limits, seed);
                foreach (var step in steps)
                    simulation.Step(step);
                simulation.Finish();
            },
            iter: 5_000);
}
