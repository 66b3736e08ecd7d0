using DistributedBatch.Consumer.Gpus;

namespace DistributedBatch.Consumer.Tests.Gpus;

public sealed class GpuProbeTests
{
    [Fact(Timeout = 30_000)]
    public async Task Without_a_driver_there_are_no_cards() =>
        Assert.Empty(await new GpuProbe("no-such-driver-program").CardsAsync(TestContext.Current.CancellationToken));

    [Fact(Timeout = 30_000)]
    public async Task What_the_driver_prints_is_believed_even_when_it_exits_with_a_code()
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
