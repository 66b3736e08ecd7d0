using DistributedBatch.Consumer.Gpus;

namespace DistributedBatch.Consumer.Tests.Gpus;

/// <summary>The samples are invented, in the format of the rocm-smi version that the test names.</summary>
public sealed class RocmSmiOutputTests
{
    private const long Gibibyte = 1L << 30;

    [Fact]
    public void Cards_of_ROCm_5_keep_the_number_that_rocm_smi_gives_them()
    {
        var cards = RocmSmiOutput.Cards("""
            {"card0": {"Unique ID": "0x1f2e3d4c5b6a7988", "VRAM Total Memory (B)": "34359738368", "VRAM Total Used Memory (B)": "1073741824", "Card series": "Instinct MI100", "Card model": "0x0c34", "Card vendor": "Advanced Micro Devices, Inc. [AMD/ATI]", "Card SKU": "D34303"}, "card1": {"Unique ID": "N/A", "VRAM Total Memory (B)": "17179869184", "VRAM Total Used Memory (B)": "0", "Card model": "Radeon RX 6800", "Card vendor": "Advanced Micro Devices, Inc. [AMD/ATI]"}}
            """);

        Assert.Equal(
            [
                new GpuCard(0, "Instinct MI100", 32 * Gibibyte, Gibibyte, "0x1f2e3d4c5b6a7988", GpuMaker.Amd),
                new GpuCard(1, "Radeon RX 6800", 16 * Gibibyte, 0, "", GpuMaker.Amd),
            ],
            cards);
    }

    [Fact]
    public void Cards_of_ROCm_6_and_7_get_the_number_that_HIP_gives_them()
    {
        var cards = RocmSmiOutput.Cards($$"""
            {"card0": {{Card("AMD Instinct MI210", node: "4")}}, "card1": {{Card("AMD Instinct MI210 second", node: "2")}}, "card2": {{Card("AMD Instinct MI210 third", node: "3")}}}
            """);

        Assert.Equal([(0, "AMD Instinct MI210 second"), (1, "AMD Instinct MI210 third"), (2, "AMD Instinct MI210")], cards.Select(card => (card.Index, card.Name)));
    }

    [Fact]
    public void A_faulty_card_is_left_out_and_the_others_keep_their_numbers()
    {
        var cards = RocmSmiOutput.Cards($$"""
            {"card0": {"Card Series": "AMD Radeon PRO W7900", "Node ID": "1", "Unique ID": "N/A"},
             "card1": {{Card("AMD Radeon PRO W7900", node: "2")}},
             "card2": {"Card Series": "AMD Radeon PRO W7900", "Node ID": "3", "VRAM Total Memory (B)": "N/A", "VRAM Total Used Memory (B)": "N/A"},
             "card3": {"Card Series": "AMD Radeon PRO W7900", "Node ID": "4", "VRAM Total Memory (B)": "0", "VRAM Total Used Memory (B)": "0"},
             "card4": {{Card("AMD Radeon PRO W7900", node: "5")}}}
            """);

        Assert.Equal([1, 4], cards.Select(card => card.Index));
    }

    [Fact]
    public void A_card_that_the_compute_driver_does_not_know_is_not_counted()
    {
        var cards = RocmSmiOutput.Cards($$"""
            {"card0": {{Card("AMD Radeon R9 200", node: "N/A")}}, "card1": {{Card("AMD Radeon RX 7800 XT", node: "1")}}}
            """);

        Assert.Equal((0, "AMD Radeon RX 7800 XT"), cards.Select(card => (card.Index, card.Name)).Single());
    }

    [Fact]
    public void Warnings_around_the_JSON_are_ignored()
    {
        var cards = RocmSmiOutput.Cards($$"""
            WARNING: AMD GPU device(s) is/are in a low-power state. Check power control/runtime_status {see below}
            {"warning": {} }
            {"card0": {{Card("AMD Radeon RX 7800 XT", node: "1")}}, "system": {"Driver version": "6.8.0"} }
            WARNING: 		 One or more commands failed
            """);

        Assert.Equal("AMD Radeon RX 7800 XT", Assert.Single(cards).Name);
    }

    [Fact]
    public void Numbers_may_be_JSON_numbers_and_a_card_without_name_is_an_AMD_GPU() =>
        Assert.Equal(
            new GpuCard(0, "AMD GPU", 8 * Gibibyte, 8 * Gibibyte, "", GpuMaker.Amd),
            Assert.Single(RocmSmiOutput.Cards("""{"card0": {"VRAM Total Memory (B)": 8589934592, "VRAM Total Used Memory (B)": 8589934600, "Card Series": "N/A"}}""")));

    [Theory]
    [InlineData("")]
    [InlineData("ERROR:root:Driver not initialized (amdgpu not found in modules)")]
    [InlineData("Unable to load the rocm_smi library.\nSet LD_LIBRARY_PATH to the folder containing it.\n{0}Please refer to the guide.{1}")]
    [InlineData("WARNING: No JSON data to report")]
    [InlineData("{}")]
    [InlineData("[1, 2]")]
    [InlineData("{\"card0\": {\"VRAM Total Memory (B)\": \"1717986")]
    [InlineData("{\"card0\": \"ill\", \"card1\": null, \"cardX\": {}, \"card\": []}")]
    [InlineData("{\"card0\": {\"VRAM Total Memory (B)\": {}, \"VRAM Total Used Memory (B)\": []}}")]
    [InlineData("{\"card0\": {\"VRAM Total Memory (B)\": \"-1\", \"VRAM Total Used Memory (B)\": \"99999999999999999999\"}}")]
    [InlineData("{{{{{{{{\0\uFFFD")]
    public void Output_of_a_failing_driver_gives_no_cards_and_no_processes(string text)
    {
        Assert.Empty(RocmSmiOutput.Cards(text));
        Assert.Empty(RocmSmiOutput.Processes(text));
    }

    [Fact]
    public void Processes_are_parsed_and_those_of_unknown_memory_are_left_out() =>
        Assert.Equal(
            [new GpuProcess(null, 4242, 2 * Gibibyte), new GpuProcess(null, 4244, Gibibyte)],
            RocmSmiOutput.Processes("""
                {"system": {"PID4242": "python3, 1, 2147483648, 0, unknown", "PID4243": "python3, 1, unknown, unknown, unknown", "PID4244": "my, own, program, 2, 1073741824, 0, 12", "PID4245": "tmux", "PID": "x, 1, 1, 1, 1"}}
                """));

    private static string Card(string name, string node) => $$"""
        {"Unique ID": "0xabc", "VRAM Total Memory (B)": "17179869184", "VRAM Total Used Memory (B)": "27877376", "Card Series": "{{name}}", "Card Model": "0x747e", "Card Vendor": "Advanced Micro Devices, Inc. [AMD/ATI]", "Card SKU": "N/A", "Subsystem ID": "0x0606", "Device Rev": "0xc8", "Node ID": "{{node}}", "GUID": "38755", "GFX Version": "gfx1101"}
        """;
}
