namespace DistributedBatch.Contracts.Runs;

/// <summary>Questions about a <see cref="RunState"/>.</summary>
public static class RunStates
{
    /// <summary>Whether the run is over. Only <c>retry</c> opens it again.</summary>
    public static bool IsSettled(this RunState state) => state is RunState.Succeeded or RunState.Failed or RunState.Cancelled;
}
