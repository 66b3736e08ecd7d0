using System.Globalization;
using DistributedBatch.Contracts.Text;
using DistributedBatch.Tracker.Logs;

namespace DistributedBatch.Tracker.Queries;

/// <summary>Answers "why is it not running?": the first sufficient cause, the facts that support it, and what would help.</summary>
internal static class Explainer
{
    /// <summary>The most failed chunks that a sentence lists.</summary>
    public const int MaxFailedChunks = 5;

    private const int MaxFailureReasons = 3;

    /// <summary>Explains the chunk, or the run when no chunk is given.</summary>
    public static Explanation Explain(ExplainInputs facts) => facts.Chunk is { } chunk ? ExplainChunk(facts, chunk) : ExplainRun(facts);

    private static Explanation ExplainRun(ExplainInputs facts)
    {
        var (run, chunks) = (facts.Run, facts.Run.Chunks);
        var counts = string.Create(
            CultureInfo.InvariantCulture,
            $"Of {chunks.Total} chunks, {chunks.Succeeded} succeeded, {chunks.Failed} failed, {chunks.Running} run, {chunks.Queued} are queued, {chunks.Pending} are pending.");
        switch (run.State)
        {
            case RunState.Succeeded:
                return new($"The run succeeded; {(chunks.Total == 0 ? "it had no chunks" : "all chunks succeeded")}.", [counts], []);
            case RunState.Failed:
                return new(
                    $"The run failed; {FailedChunks(facts)}.",
                    [.. FailureReasons(facts), counts, facts.Retries == 0 ? "Failed chunks were not retried." : $"Each chunk had up to {Count(facts.Retries + 1, "attempt")}."],
                    [$"dbatch logs {run.Run} shows the output of the failed chunks", $"dbatch retry {run.Run} runs the failed chunks again"]);
            case RunState.Cancelled:
                return new("The run was cancelled.", [.. Reason(run), counts], [$"dbatch retry {run.Run} runs the remaining chunks"]);
            case RunState.Paused:
                return new("The run is paused: no new chunks are dispatched.", [.. Reason(run), counts], [$"dbatch resume {run.Run}"]);
        }

        if (facts.FullDisk is { } directory)
        {
            return new(
                $"The disk of {directory} is full: nothing can be recorded, and no new chunks are dispatched.", [.. FailureReasons(facts), counts],
                ["free space on that disk; the run then continues by itself"]);
        }

        if (chunks.Settled == chunks.Total)
            return new("All chunks have ended; the run is about to end.", [counts], []);
        if ((BrokerProblem(facts) ?? ProducerProblem(facts) ?? HostProblem(facts)) is { } problem)
            return problem with { Reasons = [.. problem.Reasons, counts] };
        if (chunks.Running == 0 && chunks.Queued == 0 && facts.NextRetry is { } retry && facts.WaitingForRetry >= chunks.Pending)
        {
            return new(
                $"All remaining chunks failed before; the first retry is at {Clock(retry)}.", [.. FailureReasons(facts), counts],
                [$"dbatch logs {run.Run} shows why they failed"]);
        }

        if (chunks.Running == 0 && chunks.Queued > 0)
        {
            var busy = facts.SuitableHosts.Sum(host => host.Running.Count(attempt => attempt.Run != run.Run));
            return busy > 0
                ? new($"All slots are busy with other runs ({Count(busy, "chunk")}); the queued chunks are next.", [counts, .. HostNotes(facts)],
                    ["start dbatch consumer on another machine", "give the run a higher --weight or --priority next time"])
                : new("Chunks are queued and free slots are about to take them.", [.. FailureReasons(facts), counts, Slots(facts), .. HostNotes(facts)], []);
        }

        if (chunks.Running == 0 && chunks.Pending > 0)
        {
            return new("Chunks are pending and the producer has not dispatched them yet.", [.. FailureReasons(facts), counts, Slots(facts), .. HostNotes(facts)],
                ["check that the producer (dbatch serve) is running"]);
        }

        List<string> reasons = [counts, Slots(facts)];
        if (facts.WaitingForRetry > 0)
            reasons.Add($"{Count(facts.WaitingForRetry, "failed chunk")} will be retried, the first at {Clock(facts.NextRetry!.Value)}.");
        if (chunks.Queued + chunks.Pending > 0 && BusySlots(facts) is { } allBusy)
            reasons.Add(allBusy);
        reasons.InsertRange(0, FailureReasons(facts));
        reasons.AddRange(HostNotes(facts));
        return new($"Running; {FailedChunks(facts)}.", reasons, Remedies(run));
    }

    private static string[] Remedies(RunView run) => run switch
    {
        { Chunks.Failed: > 0 } => [$"dbatch logs {run.Run} shows why chunks failed"],
        { FailedAttempts: > 0 } => [$"dbatch logs {run.Run} CHUNK shows what a chunk printed"],
        _ => [],
    };

    private static Explanation ExplainChunk(ExplainInputs facts, ChunkView chunk)
    {
        var run = facts.Run.Run;
        var attempt = chunk.LastAttempt;
        List<string> reasons = [$"Chunk {chunk.Index} has items {chunk.Start} to {chunk.Start + chunk.Count - 1} and had {Count(chunk.Attempts, "attempt")}."];
        if (attempt is { Outcome: { } outcome })
            reasons.Add($"Attempt {attempt.Attempt} on {attempt.Host}: {Ended(attempt, outcome)}.");
        var logs = $"dbatch logs {run} {chunk.Index}";
        switch (chunk.State)
        {
            case ChunkState.Succeeded:
                return new("The chunk succeeded.", reasons, []);
            case ChunkState.Failed:
                return new("The chunk failed and has no attempts left.", reasons, [logs, $"dbatch retry {run}"]);
            case ChunkState.Cancelled:
                return new("The chunk was cancelled with its run.", reasons, [$"dbatch retry {run}"]);
            case ChunkState.Running:
                var since = attempt is { Outcome: null } ? $" on {attempt.Host} since {Clock(attempt.StartedAt)}" : "";
                var host = facts.Hosts.FirstOrDefault(known => known.Host.Name == attempt?.Host);
                return host is { Alive: false }
                    ? new($"The chunk was running{since}, but the host is offline since {Clock(host.LastSeen)}.", reasons,
                        ["wait: the chunk is dispatched again when the host counts as lost", $"check the machine {host.Host.Name}"])
                    : new($"The chunk is running{since}.", reasons, [logs]);
        }

        if (facts.Run.State == RunState.Paused)
            return new("The chunk waits because the run is paused.", reasons, [$"dbatch resume {run}"]);
        if ((BrokerProblem(facts) ?? ProducerProblem(facts) ?? HostProblem(facts)) is { } problem)
            return problem with { Reasons = [.. problem.Reasons, .. reasons] };
        if (chunk.NotBefore is { } until && until > facts.Now)
            return new($"The chunk failed before; the next attempt starts at {Clock(until)} or later.", reasons, [logs]);
        return chunk.State == ChunkState.Queued
            ? new("The chunk is queued; the next free slot can take it.", [.. reasons, Slots(facts)], [])
            : new(
                $"The chunk is pending; queued or running chunks of the run: {Number(facts.Run.Chunks.Outstanding)}.",
                [.. reasons, BusySlots(facts) ?? Slots(facts)], []);
    }

    private static Explanation? ProducerProblem(ExplainInputs facts) => facts.ProducerProblem is not { } problem ? null : new(
        "The producer dispatches no chunks, and this state may be out of date.", [problem],
        ["check that the producer (dbatch serve) is running and can use its ledger; its log says more", "the run then continues by itself"]);

    // Before the hosts: without a broker no heartbeats arrive, and the hosts may be well.
    private static Explanation? BrokerProblem(ExplainInputs facts)
    {
        if (facts.Broker is not { LastTrouble: { Until: null } trouble } broker)
            return null;
        List<string> reasons = [$"{Sentence(trouble.Reason)}, since {Clock(trouble.Since)}. Running chunks continue and are reported later."];
        return broker.State switch
        {
            "blocked" => new(
                "The broker accepts no messages because it is short of memory or disk; no new chunks are dispatched.", reasons,
                ["free memory or disk on the broker's machine; 'rabbitmqctl status' shows its alarms and limits", "the run then continues by itself"]),
            "refused" => new(
                "The broker refuses the server's login.", reasons, ["correct the cause that it names", "the run then continues by itself"]),
            _ => new(
                "The server has no connection to the broker; no new chunks are dispatched and this state may be out of date.", reasons,
                ["check that RabbitMQ runs and that the server reaches it", "the run then continues by itself"]),
        };
    }

    private static Explanation? HostProblem(ExplainInputs facts)
    {
        var online = facts.Hosts.Where(host => host.Alive).ToList();
        if (online.Count == 0)
        {
            var last = facts.Hosts.OrderByDescending(host => host.LastSeen).FirstOrDefault();
            return new("No host is online.",
                [last is null ? "No host has ever sent a heartbeat." : $"The last online host was {last.Host.Name}, until {Clock(last.LastSeen)}."],
                ["start dbatch consumer on a machine that reaches the broker"]);
        }

        var suitable = facts.SuitableHosts.ToList();
        if (suitable.Count == 0)
        {
            return facts.ResourceClass == Messaging.Chunks.ResourceClass.Gpu
                ? new("The run needs a GPU and no online host has one.",
                    [$"{Count(online.Count, "host")} without GPU: {Names(online)}."],
                    ["start dbatch consumer on a machine with a GPU", "check with dbatch doctor that the host finds its GPU"])
                : new($"No online host serves the class '{facts.ResourceClass}'.", [$"Hosts: {Names(online)}."], ["start another dbatch consumer"]);
        }

        if (suitable.All(host => host.Host.OnHold is not null))
        {
            return new("All suitable hosts are on hold and take no chunks.",
                [.. suitable.Select(host => $"{host.Host.Name}: {host.Host.OnHold}")], ["wait, or start another dbatch consumer"]);
        }

        return suitable.Sum(host => host.Host.Slots) == 0
            ? new("No suitable host has a slot.", [$"Hosts: {Names(suitable)}."], ["give a consumer --slots 1 or more"])
            : null;
    }

    // What slows the run down, host by host: holds, few slots, warnings.
    private static IEnumerable<string> HostNotes(ExplainInputs facts)
    {
        foreach (var host in facts.SuitableHosts.Select(view => view.Host))
        {
            if (host.OnHold is { } hold)
                yield return $"{host.Name} is on hold: {hold}.";
            else if (host.SlotsReason is { } reason)
                yield return $"{host.Name} has {Count(host.Slots, "slot")}: {reason}.";
            foreach (var warning in host.Warnings)
                yield return $"{host.Name}: {warning}.";
        }
    }

    // How the attempt ended, and the program's own reason.
    private static string Ended(AttemptView attempt, AttemptOutcome outcome)
    {
        var text = outcome == AttemptOutcome.ExitCode && attempt.ExitCode is { } code ? $"exited with code {code}{(code == 0 ? ", but its files could not be kept" : "")}" : attempt.Error?.TrimEnd('.') ?? outcome.ToText();
        var reason = outcome is AttemptOutcome.ExitCode or AttemptOutcome.Signal ? FailureReason.Of(outcome, attempt.ExitCode, attempt.StderrTail, attempt.Error) : null;
        return reason is null ? text : $"{text}: {SafeText.Of(reason).TrimEnd('.')}";
    }

    // The different ends of the first failed chunks, else of the attempts that failed last, each once.
    private static IEnumerable<string> FailureReasons(ExplainInputs facts) =>
        (facts.FailedChunks.Count > 0 ? facts.FailedChunks.Select(chunk => chunk.LastAttempt).OfType<AttemptView>() : facts.FailedAttempts)
        .Where(attempt => attempt.Outcome is not null)
        .Select(attempt => (attempt.Index, How: Ended(attempt, attempt.Outcome!.Value)))
        .DistinctBy(failure => failure.How)
        .Take(MaxFailureReasons)
        .Select(failure => $"Chunk {failure.Index}: {failure.How}.");

    private static string FailedChunks(ExplainInputs facts)
    {
        var failed = facts.Run.Chunks.Failed;
        if (failed == 0)
            return facts.Run.FailedAttempts == 0 ? "no chunk failed" : $"{Count(facts.Run.FailedAttempts, "attempt")} failed, and their chunks run again";
        var more = failed - facts.FailedChunks.Count;
        var list = string.Join(", ", facts.FailedChunks.Select(chunk => chunk.Index));
        return $"{Count(failed, "chunk")} failed{(list.Length == 0 ? "" : more > 0 ? $": {list} and {Number(more)} more" : $": {list}")}";
    }

    private static string? BusySlots(ExplainInputs facts)
    {
        var hosts = facts.SuitableHosts.ToList();
        var slots = hosts.Sum(host => host.Host.Slots);
        return hosts.Sum(host => host.Running.Count) < slots ? null : slots == 1 ? "The only slot is busy." : $"All {Number(slots)} slots are busy.";
    }

    private static string Slots(ExplainInputs facts)
    {
        var hosts = facts.SuitableHosts.ToList();
        return $"{Count(hosts.Sum(host => host.Host.Slots), "slot")} on {Count(hosts.Count, "host")}, {Count(hosts.Sum(host => host.Running.Count), "attempt")} running there.";
    }

    private static IEnumerable<string> Reason(RunView run) => run.Reason is { } reason ? [reason] : [];

    private static string Names(IEnumerable<HostView> hosts) => string.Join(", ", hosts.Select(host => host.Host.Name));

    private static string Count(long count, string noun) => $"{Number(count)} {noun}{(count == 1 ? "" : "s")}";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text.AsSpan(1).TrimEnd('.')}";

    private static string Clock(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
