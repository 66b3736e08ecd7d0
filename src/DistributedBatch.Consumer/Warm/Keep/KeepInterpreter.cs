using System.Net.Sockets;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Processes;
using DistributedBatch.Consumer.Warm.Fork;
using DistributedBatch.Consumer.Warm.Python;

namespace DistributedBatch.Consumer.Warm.Keep;

/// <summary>One kept interpreter: a child of a zygote, and the socket to it. It runs one chunk at a time.</summary>
internal sealed class KeepInterpreter : IDisposable
{
    private readonly ZygoteProcess zygote;
    private readonly ZygoteJob job;
    private readonly KeepChannel channel;
    private readonly KeepRequest request;
    private IReadOnlyList<string> words = [];
    private PythonCommand? command;
    private (string? Cuda, string? Hip)? cards;
    private long processorBefore;
    private int inUse;

    private KeepInterpreter(ZygoteProcess zygote, ZygoteJob job, KeepChannel channel, ZygoteKey key)
    {
        this.zygote = zygote;
        this.job = job;
        this.channel = channel;
        request = new KeepRequest(key.Environment);
    }

    /// <summary>Whether it can run another chunk.</summary>
    public bool Usable { get; private set; } = true;

    /// <summary>Whether it runs a chunk.</summary>
    public bool Busy => job.IsBusy;

    /// <summary>Forks an interpreter; null when it died before it connected.</summary>
    public static async Task<KeepInterpreter?> StartAsync(ZygoteProcess zygote, ZygoteKey key, long growthLimit, SocketDirectory sockets)
    {
        var path = sockets.NewPath();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        try
        {
            var job = zygote.Fork("keep", json =>
            {
                json.WriteString("socket", path);
                json.WriteNumber("growth", growthLimit);
                json.WriteStartObject("set");
                json.WriteEndObject();
            });
            using var givingUp = new CancellationTokenSource();
            var accepted = listener.AcceptAsync(givingUp.Token).AsTask();
            if (await Task.WhenAny(accepted, job.Ended) == accepted)
                return new KeepInterpreter(zygote, job, new KeepChannel(await accepted), key);
            await givingUp.CancelAsync();
            return null;
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Whether this start has the same GPUs as its first chunk. It cannot change GPUs while it lives.</summary>
    public bool HasCardsOf(ProgramStart start) => cards is not { } known || known == GpuVariables.Selected(start.Environment);

    /// <summary>The command of a start, parsed again only when it differs from the previous one; null when it cannot be kept.</summary>
    public PythonCommand? Parse(ProgramStart start, string? python)
    {
        if (command is null || !words.SequenceEqual(start.Command))
        {
            words = start.Command;
            command = (PythonCommand.Parse(words, python) as PythonParseResult.Parsed)?.Command;
        }

        return command;
    }

    /// <summary>Reserves it, for a chunk or to end it; false when it is in use.</summary>
    public bool TryUse() => Interlocked.CompareExchange(ref inUse, 1, 0) == 0;

    /// <summary>Runs one chunk, after <see cref="TryUse"/>. When the interpreter dies, only this chunk fails.</summary>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, PythonCommand parsed, TimeProvider time, CancellationToken stop)
    {
        job.IsBusy = true;
        Usable = false;
        try
        {
            return await SendAsync(start, parsed, time, stop);
        }
        finally
        {
            job.IsBusy = false;

            // It died, or a failure here left it in the middle of a chunk.
            if (!Usable)
                Dispose();
            Volatile.Write(ref inUse, 0);
        }
    }

    private async Task<ProgramOutcome> SendAsync(ProgramStart start, PythonCommand parsed, TimeProvider time, CancellationToken stop)
    {
        cards ??= GpuVariables.Selected(start.Environment);
        var from = time.GetTimestamp();
        var cgroup = job.Cgroup;
        _ = cgroup?.Limit(start.MemoryLimitBytes);
        if (job.Pid > 0)
            start.Process?.Started(job.Pid);
        ReadOnlyMemory<byte> line;
        await using (ZygoteJobStopper.Start(zygote, job, start, time, stop))
        {
            line = await channel.SendAsync(request.For(start, parsed));

            // Before the stopper ends: from here on a kill would hit the next chunk.
            start.Process?.Ended();
        }

        var duration = time.GetElapsedTime(from);
        if (line.IsEmpty)
            return job.Outcome(await job.Ended, duration);

        // A stop that came too late for this chunk still ends the interpreter.
        var reply = KeepReply.Parse(line.Span);
        Usable = !reply.Retire && !job.IsStopped;
        return reply.Missing
            ? new ProgramOutcome.NotStarted(
                $"'{parsed.Script ?? parsed.Module}' has no function process(start, count) or process(items) to keep an interpreter for; add one, or use --warm fork.")
            : new ProgramOutcome.Exited(reply.Code, new ProgramUsage(duration, CpuTime(cgroup, TimeSpan.FromSeconds(reply.Cpu)), reply.Rss, reply.Read, reply.Written))
            {
                Result = reply.Result,
            };
    }

    // The use of its control group since the previous chunk includes children that the interpreter did not wait for. Between chunks it uses next to
    // nothing.
    private TimeSpan CpuTime(AttemptCgroup? cgroup, TimeSpan own)
    {
        if (cgroup is null)
            return own;
        var (before, first) = (processorBefore, processorBefore == 0);
        processorBefore = cgroup.ProcessorMicroseconds;
        var used = TimeSpan.FromMicroseconds(processorBefore - before);
        return first || used < own ? own : used;
    }

    /// <summary>Closes the socket, at which the interpreter ends.</summary>
    public void Dispose()
    {
        Usable = false;
        channel.Dispose();
        request.Dispose();
        if (job.TryMarkStopped(isTimeout: false))
            zygote.Stop(job, TimeSpan.FromSeconds(1));
    }
}
