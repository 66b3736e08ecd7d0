using System.Text.Json;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Hosts;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Contracts.Tests.Messages;

public sealed class MessageCheckTests
{
    private static readonly RunId Run = RunId.Parse("0123456789");
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    private static readonly AttemptReport Report = new()
    {
        Run = Run,
        Index = 3,
        Start = 30,
        Count = 10,
        Attempt = 1,
        Host = "ada",
        Slot = 0,
        StartedAt = Now,
        Outcome = AttemptOutcome.Succeeded,
        ExitCode = 0,
    };

    private static readonly HostStatus Ada = new() { Name = "ada", Version = "1.0.0", Cores = 2, Slots = 4 };

    [Fact]
    public void Messages_of_this_program_are_accepted()
    {
        object[] messages =
        [
            new AttemptReports("ada", [Report, Report with { Outcome = null }]), new HostHeartbeat(Ada, Now, [new RunningAttempt(Run, 3, 1, 0, Now)]),
            new AttemptReports("ada", [Report with { Slot = MessageCheck.MostSlots }]), // the first slot for chunks that need a GPU
            new HostHeartbeat(Ada with { GpuSlots = 1 }, Now, [new RunningAttempt(Run, 3, 1, MessageCheck.MostSlots, Now)]),
            new LeaseTaken(Run, 3, 1, "ada", Now), new ChunkDead(Run, 3, 1, "too often", Now), new ChunksReturned("ada", [new ReturnedChunk(Run, 3, 1, 0)]),
            new ChangeRun(Run, RunAction.Retry), new ForgetRun(Run), new RunControlMessage(Run, RunState.Cancelled, 3), new HostControlMessage("ada", null, null),
        ];

        Assert.All(messages, message => Assert.Null(MessageCheck.Mistake(message)));
    }

    [Theory]
    [InlineData("AttemptReports", "{}")]
    [InlineData("AttemptReports", """{"host":"ada"}""")]
    [InlineData("AttemptReports", """{"host":"ada","reports":[null]}""")]
    [InlineData("AttemptReports", """{"reports":[]}""")]
    [InlineData("HostHeartbeat", "{}")]
    [InlineData("HostHeartbeat", """{"host":{"name":"ada","version":"1","cores":1,"slots":2147483647},"at":"2026-05-04T12:00:00Z","running":[]}""")]
    [InlineData("HostHeartbeat", """{"host":{"name":"ada","version":"1","cores":1,"slots":1,"warnings":null},"at":"2026-05-04T12:00:00Z","running":[]}""")]
    [InlineData("HostHeartbeat", """{"host":{"name":"ada","version":"1","cores":1,"slots":1},"at":"9999-05-04T12:00:00Z","running":[]}""")]
    [InlineData("HostHeartbeat", """{"host":{"name":"ada\u202Egpj","version":"1","cores":1,"slots":1},"at":"2026-05-04T12:00:00Z","running":[]}""")]
    [InlineData("HostHeartbeat", """{"host":{"name":"ada","version":"1","cores":1,"slots":1},"at":"2026-05-04T12:00:00Z"}""")]
    [InlineData("LeaseTaken", "{}")]
    [InlineData("ChunkDead", "{}")]
    [InlineData("ChunksReturned", """{"host":"ada"}""")]
    [InlineData("SubmitRun", "{}")]
    [InlineData("ChangeRun", "{}")]
    [InlineData("ForgetRun", "{}")]
    [InlineData("RunSubmitted", "{}")]
    [InlineData("RunControlMessage", "{}")]
    [InlineData("HostControlMessage", "{}")]
    public void A_message_with_a_hole_or_a_number_out_of_range_is_refused(string type, string json)
    {
        var message = JsonSerializer.Deserialize(json, ContractsJson.Default.GetTypeInfo(typeof(AttemptReports).Assembly.GetType($"DistributedBatch.Contracts.Messages.{type}")!)!);

        Assert.NotNull(MessageCheck.Mistake(message));
    }

    [Fact]
    public void A_report_out_of_range_is_refused()
    {
        AttemptReport[] reports =
        [
            Report with { Index = -1 }, Report with { Attempt = 0 }, Report with { Start = -5 }, Report with { Count = 0 }, Report with { Slot = -1 }, Report with { Slot = 2 * MessageCheck.MostSlots },
            Report with { Duration = TimeSpan.MaxValue }, Report with { CpuTime = TimeSpan.FromSeconds(-1) }, Report with { StartedAt = DateTimeOffset.MinValue },
            Report with { Outcome = (AttemptOutcome)99 }, Report with { Stdout = new byte[5000] }, Report with { Error = new string('x', 300_000) },
            Report with { PeakMemoryBytes = -1 }, Report with { Run = default }, Report with { Host = new string('x', 1_000_000) },
        ];

        Assert.All(reports, report => Assert.NotNull(MessageCheck.Mistake(new AttemptReports("ada", [report]))));
    }
}
