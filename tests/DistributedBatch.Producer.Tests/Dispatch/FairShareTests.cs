using CsCheck;
using DistributedBatch.Producer.Dispatch;

namespace DistributedBatch.Producer.Tests.Dispatch;

public sealed class FairShareTests
{
    [Fact]
    public void Nobody_is_picked_when_nobody_asks() => Assert.Equal(-1, FairShare.Pick([]));

    [Fact]
    public void A_run_that_has_nothing_on_its_way_goes_before_one_that_has() => Assert.Equal(1, FairShare.Pick([new(0, 1, 40), new(0, 1, 0)]));

    [Fact]
    public void Higher_priority_goes_first_whatever_it_has() => Assert.Equal(1, FairShare.Pick([new(0, 9, 0), new(1, 1, 500)]));

    [Fact]
    public void Among_equals_the_older_run_goes_first() => Assert.Equal(0, FairShare.Pick([new(0, 2, 4), new(0, 1, 2)]));

    [Fact]
    public void Places_are_shared_by_weight() =>
        Gen.Int[1, 9].Array[1, 6].Sample(weights =>
        {
            var outstanding = new int[weights.Length];
            var places = weights.Sum() * 10;
            for (var place = 0; place < places; place++)
            {
                FairShare.Claim[] claims = [.. weights.Select((weight, run) => new FairShare.Claim(0, weight, outstanding[run]))];
                outstanding[FairShare.Pick(claims)]++;
            }

            Assert.Equal(weights.Select(weight => weight * 10), outstanding);
        });
}
