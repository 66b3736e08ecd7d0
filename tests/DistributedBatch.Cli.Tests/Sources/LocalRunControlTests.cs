using DistributedBatch.Cli.Sources;
using DistributedBatch.Cli.State;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Messages;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Tests.Sources;

public sealed class LocalRunControlTests : IDisposable
{
    private static readonly RunId Run = RunId.Parse("0123456789");
    private readonly string state = Directory.CreateTempSubdirectory("dbatch control ").FullName;

    public void Dispose() => Directory.Delete(state, recursive: true);

    [Theory(Timeout = 30_000)]
    [InlineData(RunAction.Cancel, RunState.Cancelled, "")]
    [InlineData(RunAction.Pause, RunState.Succeeded, "Run mine (0123456789) is over: succeeded.")]
    public async Task A_run_that_ends_before_the_other_process_answers_is_the_answer(RunAction action, RunState end, string mistake)
    {
        using var held = StateDirectory.Open(state, out _);

        var answer = await LocalRunControl.ChangeAsync(state, Run, action, Shown, TestContext.Current.CancellationToken);

        Assert.Equal(mistake, string.Concat(answer.Mistakes));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(state, "control")));

        Task<RunView?> Shown() => Task.FromResult<RunView?>(View(ControlFiles.Pending(state).Any() ? end : RunState.Running));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_client_gets_the_answer_of_the_other_process()
    {
        using var held = StateDirectory.Open(state, out _);

        var answer = await LocalRunControl.ChangeAsync(state, Run, RunAction.Pause, Shown, TestContext.Current.CancellationToken);

        Assert.Equal("The run cannot be paused.", Assert.Single(answer.Mistakes));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(state, "control")));

        Task<RunView?> Shown()
        {
            foreach (var (run, action, request) in ControlFiles.Pending(state))
                ControlFiles.Answer(request, RunCommandResult.Refused(run == Run && action == RunAction.Pause ? "The run cannot be paused." : "Misread."));
            return Task.FromResult<RunView?>(View(RunState.Running));
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task A_request_to_a_process_that_died_is_not_executed_by_the_next_one()
    {
        using (StateDirectory.Open(state, out _))
        {
            Directory.CreateDirectory(Path.Combine(state, "control"));
            await File.WriteAllTextAsync(Path.Combine(state, "control", $"{Run}.cancel.0123"), "", TestContext.Current.CancellationToken);
            Assert.Single(ControlFiles.Pending(state));
        }

        using var next = StateDirectory.Open(state, out _);

        Assert.Empty(ControlFiles.Pending(state));
    }

    private static RunView View(RunState state) => new()
    {
        Run = Run,
        Name = "mine",
        State = state,
        Chunks = new ChunkCounts(1, 0, 0, 1, 0, 0, 0),
        First = 0,
        Total = 1,
        ItemsSucceeded = 0,
        Command = ["true"],
        SubmittedAt = DateTimeOffset.UnixEpoch,
    };
}
