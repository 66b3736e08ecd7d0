using DistributedBatch.Consumer.Warm.Trial;

namespace DistributedBatch.Consumer.Tests.Warm.Trial;

public sealed class LogComparisonTests
{
    [Theory]
    [InlineData("2026-11-30 08:24:31,123 INFO start", "2026-12-01 09:00:00,001 INFO start")]
    [InlineData("at 08:24:31", "at 08:24:32")]
    [InlineData("epoch 1 took 0.53 s", "epoch 1 took 1.2e-3 s")]
    [InlineData("12ms per step", "9ms per step")]
    [InlineData("done in 3 minutes", "done in 1 minute")]
    [InlineData("<object at 0x7f31c0a2bd10>", "<object at 0x7f00000aaa10>")]
    [InlineData("100%|███| 20/20 [00:00<00:00, 180.31it/s]", "100%|███| 20/20 [00:01<00:00, 9.30it/s]")]
    [InlineData("100%|███| 3/3 [00:05<00:00,  1.70s/it]", "100%|███| 3/3 [00:05<00:00,  1.92s/it]")]
    [InlineData(" 10%| 2/20 [00:00<?, ?it/s]\r100%| 20/20 [00:00<00:00, 18.1it/s]", "100%| 20/20 [00:00<00:00, 17.0it/s]")]
    public void Times_rates_and_addresses_are_told_apart_from_other_differences(string one, string other)
    {
        Assert.True(LogComparison.OfTexts($"same\n{one}\n", $"same\n{other}\n", "standard output")!.OnlyTimes);
    }

    [Theory]
    [InlineData("loss 0.53", "loss 0.54")]
    [InlineData("epoch 1", "epoch 2")]
    [InlineData("accuracy 12 %", "accuracy 13 %")]
    [InlineData("took 0.5 s, loss 1", "took 0.4 s, loss 2")]
    [InlineData("20/20", "19/20")]
    [InlineData("size 3 samples", "size 4 samples")]
    [InlineData("5 hits", "6 hits")]
    [InlineData("-1.5", "1.5")]
    public void Any_other_difference_is_named_by_its_line(string one, string other)
    {
        Assert.Equal(new TrialDifference("line 2 of its standard error differs"), LogComparison.OfTexts($"same\n{one}\n", $"same\n{other}\n", "standard error"));
    }

    [Fact]
    public void Lines_that_only_one_run_printed_are_a_difference()
    {
        Assert.Equal(new TrialDifference("line 2 of its log differs"), LogComparison.OfTexts("a\n", "a\nb\n", "log"));
        Assert.Null(LogComparison.OfTexts("a\n", "a\n", "log"));
    }
}
