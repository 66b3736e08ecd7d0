using DistributedBatch.Consumer.Gpus;

namespace DistributedBatch.Consumer.Tests.Gpus;

public sealed class NvidiaSmiOutputTests
{
    [Fact]
    public void Every_line_is_a_card()
    {
        var cards = NvidiaSmiOutput.Cards("0, NVIDIA H100 PCIe, 81559, 4\n1, NVIDIA GeForce RTX 3090, 24576, 20000\n");

        Assert.Equal([new GpuCard(0, "NVIDIA H100 PCIe", 81559L << 20, 4L << 20), new GpuCard(1, "NVIDIA GeForce RTX 3090", 24576L << 20, 20000L << 20)], cards);
    }

    [Theory]
    [InlineData("")]
    [InlineData("No devices were found")]
    [InlineData("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.")]
    [InlineData("Unable to determine the device handle for GPU 0000:01:00.0: Unknown Error")]
    [InlineData("0, NVIDIA A100, [N/A], [N/A]")]
    [InlineData("ERR!, ERR!, ERR!, ERR!")]
    public void Output_of_a_failing_driver_gives_no_cards(string text) => Assert.Empty(NvidiaSmiOutput.Cards(text));

    [Fact]
    public void A_faulty_card_does_not_hide_the_healthy_ones()
    {
        var cards = NvidiaSmiOutput.Cards("0, NVIDIA A100, [Unknown Error], 3\r\nwarning: infoROM is corrupted\r\n1, NVIDIA A100, 40960 MiB, 12 MiB\r\n");

        Assert.Equal([1], cards.Select(card => card.Index));
    }

    [Fact]
    public void A_name_may_hold_a_comma() =>
        Assert.Equal("Tesla, the second", Assert.Single(NvidiaSmiOutput.Cards("3, Tesla, the second, 16384, 0")).Name);
}
