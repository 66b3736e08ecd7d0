using DistributedBatch.Producer.Dispatch;

namespace DistributedBatch.Producer.Tests.Dispatch;

public sealed class DispatchWindowTests
{
    private readonly DispatchWindow window = new(new DispatchOptions());

    [Theory]
    [InlineData(0, 0, 8)]
    [InlineData(100, 0, 200)]
    [InlineData(100, 30, 230)]
    [InlineData(2, 1_500, 1_504)]
    [InlineData(2, 900_000, 4_004)]
    [InlineData(6_400, 0, 12_800)]
    [InlineData(6_400, 900_000, 19_200)]
    public void The_window_of_a_class_grows_with_slots_and_short_chunks(int slots, int settling, int chunks) =>
        Assert.Equal(chunks, window.OfClass(slots, settling));

    [Theory]
    [InlineData(0, 0, 8)]
    [InlineData(2, 900_000, 1_004)]
    [InlineData(1_200, 0, 2_400)]
    [InlineData(6_400, 0, 12_800)]
    [InlineData(6_400, 900_000, 19_200)]
    public void The_window_of_a_run_has_two_chunks_for_every_slot_however_many_there_are(int slots, int settling, int chunks) =>
        Assert.Equal(chunks, window.OfRun(slots, settling));

    [Theory]
    [InlineData(1, 0, 3)]
    [InlineData(8, 0, 24)]
    [InlineData(0, 0, 2)]
    [InlineData(6_400, 0, 19_200)]
    [InlineData(2, 900_000, 1_000)]
    public void A_run_whose_chunks_are_sized_late_has_few_in_flight(int slots, int settling, int chunks) =>
        Assert.Equal(chunks, window.OfAutomaticRun(slots, settling));
}
