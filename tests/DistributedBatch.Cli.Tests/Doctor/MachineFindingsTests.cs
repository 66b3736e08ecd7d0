using DistributedBatch.Cli.Doctor;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Resources;
using DistributedBatch.Messaging.Connections;
using DistributedBatch.Messaging.Queues;

namespace DistributedBatch.Cli.Tests.Doctor;

public sealed class MachineFindingsTests
{
    private const long Gigabyte = 1L << 30;

    [Fact]
    public void A_quota_below_the_cores_is_a_note_with_both_numbers_and_a_remedy()
    {
        var finding = MachineFindings.OfCores(usable: 2, quota: 1.5, cores: 8);

        Assert.Equal(("note", "1.5 of 8, by the quota of a control group"), (finding.Health, finding.Found));
        Assert.Contains("--cpus", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Affinity_is_not_reported_as_a_quota() => Assert.Contains("affinity", MachineFindings.OfCores(usable: 2, quota: null, cores: 8).Found, StringComparison.Ordinal);

    [Fact]
    public void All_cores_without_a_quota_are_good() => Assert.Equal("good", MachineFindings.OfCores(usable: 8, quota: null, cores: 8).Health);

    [Fact]
    public void Low_memory_a_tight_limit_and_pressure_are_notes_with_remedies()
    {
        Assert.Equal("good", Assert.Single(MachineFindings.OfMemory(Reading(6 * Gigabyte, 8 * Gigabyte), 8 * Gigabyte)).Health);
        Assert.Contains("use fewer --slots", Assert.Single(MachineFindings.OfMemory(Reading(Gigabyte / 2, 8 * Gigabyte), 8 * Gigabyte)).Remedy, StringComparison.Ordinal);
        Assert.Contains("the machine has 24.0 GiB", Assert.Single(MachineFindings.OfMemory(Reading(6 * Gigabyte, 8 * Gigabyte), 24 * Gigabyte)).Found, StringComparison.Ordinal);
        var waiting = MachineFindings.OfMemory(Reading(6 * Gigabyte, 8 * Gigabyte) with { MemoryPressure = 0.3 }, 8 * Gigabyte).Last();
        Assert.Contains("30 %", waiting.Found, StringComparison.Ordinal);
        Assert.NotNull(waiting.Remedy);
    }

    [Fact]
    public void A_busy_card_is_a_note()
    {
        var findings = MachineFindings.OfGpus([new GpuCard(0, "Card", 24 * Gigabyte, Gigabyte), new GpuCard(1, "Card", 24 * Gigabyte, 20 * Gigabyte)]).ToList();

        Assert.Equal(["good", "note"], findings.Select(finding => finding.Health));
        Assert.Equal("Card, 4.0 GiB free of 24.0 GiB", findings[1].Found);
    }

    [Fact]
    public void Without_a_card_both_detection_programs_are_named()
    {
        var finding = Assert.Single(MachineFindings.OfGpus([]));

        Assert.Equal("none found with nvidia-smi or rocm-smi", finding.Found);
        Assert.Contains("an NVIDIA or AMD card", finding.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GpuMaker.Nvidia, "nvidia-smi shows which")]
    [InlineData(GpuMaker.Amd, "rocm-smi --showpids shows which")]
    public void The_remedy_for_a_busy_card_names_the_program_of_its_maker(GpuMaker maker, string remedy) =>
        Assert.Contains(remedy, Assert.Single(MachineFindings.OfGpus([new GpuCard(0, "Card", Gigabyte, Gigabyte, Maker: maker)])).Remedy, StringComparison.Ordinal);

    [Fact]
    public void Impossible_isolation_is_a_note_with_the_reason_and_a_remedy()
    {
        var finding = MachineFindings.OfIsolation(new IsolationStart.Refused("no group can be made in /sys/fs/cgroup (Permission denied)", "Give the service Delegate=yes"));

        Assert.Equal(("note", "--isolation cgroup is not possible: no group can be made in /sys/fs/cgroup (Permission denied)"), (finding.Health, finding.Found));
        Assert.Contains("Delegate=yes", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_is_not_synchronized_is_a_note_and_an_unknown_state_is_not()
    {
        Assert.Equal("note", MachineFindings.OfClock("no")?.Health);
        Assert.Null(MachineFindings.OfClock(null));
    }

    [Fact]
    public void The_remedy_for_an_old_broker_is_the_setting_for_long_chunks()
    {
        var old = BrokerFindings.Of(new BrokerReading(BrokerVersion.Parse("3.10.8"), null, HasQueues: true)).ToList();

        Assert.Contains(old, finding => finding.About == "ack timeout" && finding.Remedy!.Contains("consumer_timeout = 90000000", StringComparison.Ordinal));
        Assert.All(BrokerFindings.Of(new BrokerReading(BrokerVersion.Parse("4.3.5"), null, HasQueues: true)), finding => Assert.Equal("good", finding.Health));
    }

    [Fact]
    public void A_refused_login_is_bad_with_the_reason()
    {
        var finding = Assert.Single(BrokerFindings.Of(new BrokerReading(null, "The broker does not accept user 'x'.", HasQueues: false)));

        Assert.Equal(("bad", "The broker does not accept user 'x'."), (finding.Health, finding.Found));
    }

    private static MachineReading Reading(long available, long total) => new(8, 0, total, available, 0);
}
