using System.Net.Sockets;
using DistributedBatch.Consumer.Gpus;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Consumer.Processes;

namespace DistributedBatch.Consumer.Warm;

/// <summary>One interpreter that stays: a child of the zygote and the socket to it. Takes one chunk at a time.</summary>
internal sealed class KeepInterpreter : IDisposable
{
    private readonly ZygoteProcess zygote;
    private readonly ZygoteJob job;
    private readonly KeepChannel conversation;
    private readonly KeepRequest request;
    private IReadOnlyList<string> words = [];
    private PythonCommand? command;
    private (string? Cuda, string? Hip)? cards;
    private long processorBefore;

    private KeepInterpreter(ZygoteProcess zygote, ZygoteJob job, KeepChannel conversation, ZygoteKey key)
    {
        this.zygote = zygote;
        this.job = job;
        this.conversation = conversation;
        request = new KeepRequest(key.Environment);
    }

    /// <summary>Whether it can take another chunk.</summary>
    public bool Usable { get; private set; } = true;

    /// <summary>Whether it is at a chunk.</summary>
    public bool Busy { get; private set; }

    /// <summary>Forks an interpreter; null when it died before it was there.</summary>
    public static async Task<KeepInterpreter?> StartAsync(ZygoteProcess zygote, ZygoteKey key, long growthLimit, string directory)
    {
        var path = Path.Combine(directory, Path.GetRandomFileName());
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
            using var given = new CancellationTokenSource();
            var accepted = listener.AcceptAsync(given.Token).AsTask();
            if (await Task.WhenAny(accepted, job.Ended) == accepted)
                return new KeepInterpreter(zygote, job, new KeepChannel(await accepted), key);
            await given.CancelAsync();
            return null;
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Whether its cards, which are those of its first chunk for as long as it lives, are those of this start.</summary>
    public bool HasCardsOf(ProgramStart start) => cards is not { } known || known == GpuVariables.Seen(start.Environment);

    /// <summary>The command of a start, read again only when it differs from the last one.</summary>
    public PythonCommand? Read(ProgramStart start, string? python)
    {
        if (command is null || !words.SequenceEqual(start.Command))
        {
            words = start.Command;
            command = (PythonCommand.Read(words, python) as PythonReading.Found)?.Command;
        }

        return command;
    }

    /// <summary>Runs one chunk. An interpreter that dies with it takes only this chunk along.</summary>
    public async Task<ProgramOutcome> RunAsync(ProgramStart start, PythonCommand asked, TimeProvider time, CancellationToken stop)
    {
        Busy = true;
        cards ??= GpuVariables.Seen(start.Environment);
        var from = time.GetTimestamp();
        ReadOnlyMemory<byte> answer;
        var group = job.Group;
        _ = group?.Limit(start.MemoryLimitBytes);
        if (job.Pid > 0)
            start.OnLongRunning?.Invoke(job.Pid);
        using (ZygoteWatch.Over(zygote, job, start, time, stop))
            answer = await conversation.AskAsync(request.For(start, asked));

        Busy = false;
        var duration = time.GetElapsedTime(from);
        if (answer.IsEmpty)
        {
            Usable = false;
            return job.Outcome(await job.Ended, duration);
        }

        // A stop that came too late for this chunk has still killed the interpreter, or is about to.
        var reply = KeepReply.Parse(answer.Span);
        Usable = !reply.Retire && !job.Stopping;
        return reply.Missing
            ? new ProgramOutcome.NotStarted(
                $"'{asked.Script ?? asked.Module}' offers no function process(start, count) or process(items) to keep an interpreter for; add one, or use --warm fork.")
            : new ProgramOutcome.Exited(reply.Code, new ProgramUsage(duration, Processor(group, TimeSpan.FromSeconds(reply.Cpu)), reply.Rss, reply.Read, reply.Written))
            {
                Result = reply.Result,
            };
    }

    // What its group used since the last chunk counts children that the interpreter did not wait for; what is done between chunks is next to nothing.
    private TimeSpan Processor(AttemptCgroup? group, TimeSpan own)
    {
        if (group is null)
            return own;
        var (before, first) = (processorBefore, processorBefore == 0);
        processorBefore = group.ProcessorMicroseconds;
        var used = TimeSpan.FromMicroseconds(processorBefore - before);
        return first || used < own ? own : used;
    }

    /// <summary>Hangs up, at which the interpreter ends.</summary>
    public void Dispose()
    {
        Usable = false;
        conversation.Dispose();
        request.Dispose();
        if (job.StopFor(timeLimit: false))
            zygote.Stop(job, TimeSpan.FromSeconds(1));
    }
}
