using System.Diagnostics;
using System.Runtime.InteropServices;
using DistributedBatch.Consumer.Linux;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>A thread that waits for children to exit, so that no zombie is left and the use of every program is known exactly.</summary>
internal sealed unsafe class Reaper(ChildTable children, OrphanKiller orphans, ReplyStream replies)
{
    private readonly object added = new();
    private readonly List<EndingAttempt> ending = [];
    private volatile bool childAdded;

    // An attempt whose program has ended and whose helpers tidy up.
    private sealed record EndingAttempt(int Process, ChildTable.Child Child, ChildTable.RawExit Exit);

    /// <summary>There is a child to wait for.</summary>
    public void Wake()
    {
        if (childAdded)
            return;
        lock (added)
        {
            childAdded = true;
            Monitor.Pulse(added);
        }
    }

    public void Run()
    {
        // struct rusage: two timevals, then 14 longs. The first long is the largest resident set in KiB; a block has 512 bytes; getrusage(2).
        var usage = stackalloc long[18];
        var status = 0;
        while (true)
        {
            // Before the wait, so that a child that is added between the two waits is not missed.
            childAdded = false;
            var process = Posix.Wait(-1, &status, Posix.WaitNoHang, usage);
            if (process == 0)
            {
                replies.Send();
                process = Posix.Wait(-1, &status, 0, usage);
            }

            if (process > 0)
            {
                var exit = new ChildTable.RawExit(
                    status, ((usage[0] + usage[2]) * 1_000_000) + usage[1] + usage[3], usage[4] * 1024, usage[11] * 512, usage[12] * 512, Stopwatch.GetTimestamp());
                if (children.Exited(process, exit, out var child))
                    End(process, child, exit);
                else
                    EndTidied(); // It may have been a helper.
            }
            else if (Marshal.GetLastPInvokeError() == Posix.NoChild)
            {
                replies.Send();
                WaitForChild();
            }
        }
    }

    /// <summary>Ends an attempt: kills its other processes, then reports its exit to the consumer. Waits for helpers that tidy up.</summary>
    public void End(int process, in ChildTable.Child child, in ChildTable.RawExit exit)
    {
        var leftover = orphans.KillRest(process, child, TimeSpan.Zero);
        if (leftover == Leftover.Helpers)
        {
            lock (ending)
                ending.Add(new EndingAttempt(process, child, exit));
        }
        else
        {
            children.Ended(child.Id);
            Report(child, exit, leftover == Leftover.Killed);
        }
    }

    /// <summary>Reports the attempts whose helpers have ended by now, and those whose helpers took too long.</summary>
    public void EndTidied()
    {
        lock (ending)
        {
            foreach (var attempt in ending.ToList())
            {
                if (orphans.KillRest(attempt.Process, attempt.Child, Stopwatch.GetElapsedTime(attempt.Exit.At)) == Leftover.Helpers)
                    continue;
                ending.Remove(attempt);
                children.Ended(attempt.Child.Id);
                Report(attempt.Child, attempt.Exit, stragglers: true);
                replies.Send();
            }
        }
    }

    private void Report(in ChildTable.Child child, in ChildTable.RawExit exit, bool stragglers)
    {
        var signal = exit.Status & 0x7f;
        var childExit = new ChildExit(
            child.Id,
            signal == 0 ? (exit.Status >> 8) & 0xff : -1,
            signal,
            (long)Stopwatch.GetElapsedTime(child.StartedAt, exit.At).TotalMicroseconds,
            exit.ProcessorMicroseconds,
            exit.PeakBytes,
            exit.ReadBytes,
            exit.WrittenBytes,
            stragglers);
        replies.Add(child.Group is null ? childExit : childExit.Merge(child.Group.End()));
    }

    private void WaitForChild()
    {
        lock (added)
        {
            while (!childAdded)
                Monitor.Wait(added);
        }
    }
}
