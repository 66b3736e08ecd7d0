using System.Globalization;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Tracker.Queries;

/// <summary>Answers "why is it not running?": the first cause that is enough to hold things up, what speaks for it, and what would help.</summary>
internal static class Explainer
{
    /// <summary>Explains a chunk if one was asked about, else the run.</summary>
    public static Explanation Explain(ExplainInputs facts) => facts.Chunk is { } chunk ? OfChunk(facts, chunk) : OfRun(facts);

    private static Explanation OfRun(ExplainInputs facts)
    {
        var run = facts.Run;
        var chunks = run.Chunks;
        var tally = string.Create(CultureInfo.InvariantCulture,
            $"{chunks.Succeeded} of {chunks.Total} chunks succeeded, {chunks.Failed} failed, {chunks.Running} run, {chunks.Queued} are queued, {chunks.Pending} wait.");
        switch (run.State)
        {
            case RunState.Succeeded:
                return new("The run is over: every chunk succeeded.", [tally], []);
            case RunState.Failed:
                return new(
                    $"The run is over: {Count(chunks.Failed, "chunk")} failed {(facts.Retries == 0 ? "and had no retries" : $"{facts.Retries + 1} times each")}.",
                    [tally],
                    [$"dbatch logs {run.Run} shows what they wrote", $"dbatch retry {run.Run} gives them new attempts"]);
            case RunState.Cancelled:
                return new("The run was cancelled.", [.. Reason(run), tally], [$"dbatch retry {run.Run} goes on with what is left"]);
            case RunState.Paused:
                return new("The run is paused: nothing new is started.", [.. Reason(run), tally], [$"dbatch resume {run.Run}"]);
        }

        if (chunks.Settled == chunks.Total)
            return new("All chunks are settled; the run is about to end.", [tally], []);
        if (NoBroker(facts) is { } noBroker)
            return noBroker with { Reasons = [.. noBroker.Reasons, tally] };
        if (NoHost(facts) is { } noHost)
            return noHost with { Reasons = [.. noHost.Reasons, tally] };
        if (chunks.Running == 0 && chunks.Queued == 0 && facts.NextRetry is { } retry && facts.Waiting >= chunks.Pending)
        {
            return new(
                $"Every chunk that is left failed before and waits until {Clock(retry)} for its next attempt.", [tally],
                [$"dbatch logs {run.Run} shows why they failed"]);
        }

        if (chunks.Running == 0 && chunks.Queued > 0)
        {
            var busy = facts.Suitable.Sum(host => host.Running.Count(attempt => attempt.Run != run.Run));
            return busy > 0
                ? new($"All slots are busy with other runs ({Count(busy, "chunk")}); the queued chunks are next.", [tally, .. Notes(facts)],
                    ["start dbatch consumer on another machine", "give the run a higher --weight or --priority next time"])
                : new("Chunks are queued and slots are about to take them.", [tally, Slots(facts), .. Notes(facts)], []);
        }

        if (chunks.Running == 0 && chunks.Pending > 0 && chunks.Queued == 0)
        {
            return new("Chunks wait to be fed; the producer has said nothing newer.", [tally, Slots(facts), .. Notes(facts)],
                ["check that the producer (dbatch serve) is running"]);
        }

        List<string> reasons = [tally, Slots(facts)];
        if (facts.Waiting > 0)
            reasons.Add($"{Count(facts.Waiting, "chunk")} failed before and wait for their next attempt, the first until {Clock(facts.NextRetry!.Value)}.");
        if (chunks.Queued > 0 && chunks.Pending > 0)
            reasons.Add("The window is full: the producer feeds the next chunk when one ends.");
        reasons.AddRange(Notes(facts));
        return new("All is well: the run is being worked on.", reasons, []);
    }

    private static Explanation OfChunk(ExplainInputs facts, ChunkView chunk)
    {
        var run = facts.Run.Run;
        var attempt = chunk.LastAttempt;
        List<string> reasons = [$"Chunk {chunk.Index} has items {chunk.Start} to {chunk.Start + chunk.Count - 1} and had {Count(chunk.Attempts, "attempt")}."];
        if (attempt is { Outcome: not null })
            reasons.Add($"Attempt {attempt.Attempt} on {attempt.Host} ended as {attempt.Outcome.Value.ToText()}{(attempt.Error is { } error ? $": {error}" : ".")}");
        var look = $"dbatch logs {run} {chunk.Index}";
        switch (chunk.State)
        {
            case ChunkState.Succeeded:
                return new("The chunk succeeded.", reasons, []);
            case ChunkState.Failed:
                return new("The chunk failed and has no attempts left.", reasons, [look, $"dbatch retry {run}"]);
            case ChunkState.Cancelled:
                return new("The chunk was cancelled with its run.", reasons, [$"dbatch retry {run}"]);
            case ChunkState.Running:
                var since = attempt is { Outcome: null } ? $" on {attempt.Host} since {Clock(attempt.StartedAt)}" : "";
                var host = facts.Hosts.FirstOrDefault(known => known.Host.Name == attempt?.Host);
                return host is { Alive: false }
                    ? new($"The chunk was running{since}, but nothing was heard of that host since {Clock(host.LastSeen)}.", reasons,
                        ["wait: it is fed again as soon as the loss is certain", $"check the machine {host.Host.Name}"])
                    : new($"The chunk is running{since}.", reasons, [look]);
        }

        if (facts.Run.State == RunState.Paused)
            return new("The run is paused, so the chunk waits.", reasons, [$"dbatch resume {run}"]);
        if ((NoBroker(facts) ?? NoHost(facts)) is { } nobody)
            return nobody with { Reasons = [.. nobody.Reasons, .. reasons] };
        if (chunk.NotBefore is { } until && until > facts.Now)
            return new($"The chunk failed before and waits until {Clock(until)} for its next attempt.", reasons, [look]);
        return chunk.State == ChunkState.Queued
            ? new("The chunk is queued and the next free slot may take it.", [.. reasons, Slots(facts)], [])
            : new("The chunk waits for room in the window: the producer feeds the next one when one ends.",
                [.. reasons, $"{facts.Run.Chunks.Outstanding} chunks of the run are queued or running."], []);
    }

    // Before the hosts: without a broker the last word of each is old, and they may be well.
    private static Explanation? NoBroker(ExplainInputs facts)
    {
        if (facts.Broker is not { LastTrouble: { Until: null } trouble } broker)
            return null;
        List<string> reasons = [$"{Sentence(trouble.Reason)}, since {Clock(trouble.Since)}. What runs goes on, and is reported once that is over."];
        return broker.State switch
        {
            "blocked" => new(
                "The broker takes no messages, because it is short of memory or disk: nothing new is handed out.", reasons,
                ["make room on the broker's machine; 'rabbitmqctl status' shows its alarms and limits", "it goes on by itself then"]),
            "refused" => new("The broker does not let the head in.", reasons, ["change what it says; it goes on by itself then"]),
            _ => new(
                "The head has no connection to the broker: nothing new is handed out and nothing newer was heard.", reasons,
                ["check that RabbitMQ runs and that the head reaches it", "it goes on by itself then"]),
        };
    }

    private static Explanation? NoHost(ExplainInputs facts)
    {
        var alive = facts.Hosts.Where(host => host.Alive).ToList();
        if (alive.Count == 0)
        {
            var last = facts.Hosts.OrderByDescending(host => host.LastSeen).FirstOrDefault();
            return new("No consumer is there to run it.",
                [last is null ? "No host was ever heard of." : $"The last one heard of was {last.Host.Name}, at {Clock(last.LastSeen)}."],
                ["start dbatch consumer on a machine that reaches the broker"]);
        }

        var suitable = facts.Suitable.ToList();
        if (suitable.Count == 0)
        {
            return facts.ResourceClass == Messaging.Chunks.ResourceClass.Gpu
                ? new("The run asks for a GPU and no host that is there has one.",
                    [$"{Count(alive.Count, "host")} without GPU: {Names(alive)}."],
                    ["start dbatch consumer on a machine with a GPU", "check with dbatch doctor that the host finds its GPU"])
                : new($"No host that is there serves the class '{facts.ResourceClass}'.", [$"Hosts: {Names(alive)}."], ["start another dbatch consumer"]);
        }

        if (suitable.All(host => host.Host.OnHold is not null))
        {
            return new("Every host that could run it takes no chunks at the moment.",
                [.. suitable.Select(host => $"{host.Host.Name}: {host.Host.OnHold}")], ["wait, or start another dbatch consumer"]);
        }

        return suitable.Sum(host => host.Host.Slots) == 0
            ? new("Every host that could run it has no slot open.", [$"Hosts: {Names(suitable)}."], ["give a consumer --slots 1 or more"])
            : null;
    }

    // What keeps the run from going faster, host by host: those that take nothing, why others have no more slots, and attempts that crowd.
    private static IEnumerable<string> Notes(ExplainInputs facts)
    {
        foreach (var host in facts.Suitable.Select(view => view.Host))
        {
            if (host.OnHold is { } hold)
                yield return $"{host.Name} takes no chunks: {hold}.";
            else if (host.SlotsReason is { } reason)
                yield return $"{host.Name} has {Count(host.Slots, "slot")}: {reason}.";
            foreach (var warning in host.Warnings)
                yield return $"{host.Name}: {warning}.";
        }
    }

    private static string Slots(ExplainInputs facts)
    {
        var hosts = facts.Suitable.ToList();
        return $"{Count(hosts.Sum(host => host.Host.Slots), "slot")} on {Count(hosts.Count, "host")}, {Count(hosts.Sum(host => host.Running.Count), "attempt")} on them now.";
    }

    private static IEnumerable<string> Reason(RunView run) => run.Reason is { } reason ? [reason] : [];

    private static string Names(IEnumerable<HostView> hosts) => string.Join(", ", hosts.Select(host => host.Host.Name));

    private static string Count(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text.AsSpan(1).TrimEnd('.')}";

    private static string Clock(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
