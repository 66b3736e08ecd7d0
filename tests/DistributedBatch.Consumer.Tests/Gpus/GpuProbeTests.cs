using DistributedBatch.Consumer.Gpus;
using DistributedBatch.TestKit.Waiting;

namespace DistributedBatch.Consumer.Tests.Gpus;

public sealed class GpuProbeTests
{
    [Fact(Timeout = 30_000)]
    public async Task Without_a_driver_there_are_no_cards() =>
        Assert.Empty(await new GpuProbe("no-such-driver-program", "no-such-driver-program").CardsAsync(TestContext.Current.CancellationToken));

    [Fact(Timeout = 60_000)]
    public async Task A_driver_that_hangs_is_told_and_asked_again()
    {
        var test = TestContext.Current.CancellationToken;
        using var files = new TempDirectory();
        var hangs = files.Write("hangs", "");
        var probe = new GpuProbe(
            Programs.Script(files, "nvidia-smi", $"[ -e {hangs} ] && exec sleep 600; echo '0, Test card, 24576, 100'"), "no-such-driver-program", TimeSpan.FromSeconds(1));

        for (var time = 0; time < 2; time++)
        {
            Assert.Empty(await probe.CardsAsync(test));
            Assert.Contains("gave no answer within 1 s", probe.Trouble, StringComparison.Ordinal);
        }

        File.Delete(hangs);
        await Eventually.HoldsAsync("the card is back", () => probe.CardsAsync(test).GetAwaiter().GetResult().Count == 1, test);
        Assert.Null(probe.Trouble);
    }

    [Fact(Timeout = 30_000)]
    public async Task NVIDIA_is_preferred_when_both_answer_and_AMD_is_not_asked()
    {
        var test = TestContext.Current.CancellationToken;
        using var rocm = new FakeRocmSmi();
        using var files = new TempDirectory();
        rocm.Cards(new FakeCard());
        var probe = new GpuProbe(Programs.Script(files, "nvidia-smi", "echo '0, Test card, 24576, 100'"), rocm.Path);

        Assert.Equal(GpuMaker.Nvidia, Assert.Single(await probe.CardsAsync(test)).Maker);
        Assert.Equal(0, rocm.Asked(""));
    }

    [Fact(Timeout = 30_000)]
    public async Task Without_an_NVIDIA_card_AMD_is_asked_and_from_then_on_only_AMD()
    {
        var test = TestContext.Current.CancellationToken;
        using var rocm = new FakeRocmSmi();
        using var files = new TempDirectory();
        rocm.Cards(new FakeCard(), new FakeCard());
        rocm.Process(42, 1 << 20);
        var asked = files["asked"];
        var probe = new GpuProbe(Programs.Script(files, "nvidia-smi", $"echo asked >> {asked}; echo 'No devices were found'; exit 6"), rocm.Path);

        Assert.Empty(await probe.ProcessesAsync(test));
        for (var time = 0; time < 3; time++)
            Assert.Equal([GpuMaker.Amd, GpuMaker.Amd], (await probe.CardsAsync(test)).Select(card => card.Maker));
        Assert.Equal([new GpuProcess(null, 42, 1 << 20)], await probe.ProcessesAsync(test));
        Assert.Equal("asked\n", await File.ReadAllTextAsync(asked, test));
        rocm.Cards();
        Assert.Empty(await probe.CardsAsync(test));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_output_of_the_driver_counts_even_when_its_exit_code_is_not_0()
    {
        var fake = Path.Combine(Path.GetTempPath(), $"nvidia-smi-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(fake, "#!/bin/sh\necho '0, Test card, 24576, 100'\nexit 14\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(fake, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            Assert.Equal("Test card", Assert.Single(await new GpuProbe(fake).CardsAsync(TestContext.Current.CancellationToken)).Name);
        }
        finally
        {
            File.Delete(fake);
        }
    }
}
