using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DistributedBatch.Consumer.Launcher;

/// <summary>One thread that waits for whatever child ends next, so that no zombie is left and every program's consumption is known exactly.</summary>
internal sealed unsafe class Reaper(ChildTable children, OrphanKiller strays, AnswerStream answers)
{
    private readonly object birth = new();
    private volatile bool born;

    /// <summary>Says that there is a child to wait for.</summary>
    public void Wake()
    {
        if (born)
            return;
        lock (birth)
        {
            born = true;
            Monitor.Pulse(birth);
        }
    }

    public void Run()
    {
        // struct rusage: two timevals, then 14 longs, of which the first is the largest resident set in KiB; blocks are of 512 bytes, getrusage(2).
        var usage = stackalloc long[18];
        var status = 0;
        while (true)
        {
            // Before asking, so that a child born between the answer and the wait below is not slept through.
            born = false;
            var process = Posix.Wait(-1, &status, Posix.WaitNoHang, usage);
            if (process == 0)
            {
                answers.Send();
                process = Posix.Wait(-1, &status, 0, usage);
            }

            if (process > 0)
            {
                var exit = new ChildTable.RawExit(
                    status, ((usage[0] + usage[2]) * 1_000_000) + usage[1] + usage[3], usage[4] * 1024, usage[11] * 512, usage[12] * 512, Stopwatch.GetTimestamp());
                if (children.Exited(process, exit, out var child))
                    End(process, child, exit);
            }
            else if (Marshal.GetLastPInvokeError() == Posix.NoChild)
            {
                answers.Send();
                WaitForBirth();
            }
        }
    }

    /// <summary>The end of an attempt: whatever else of it is alive goes too, then the consumer is told.</summary>
    public void End(int process, in ChildTable.Child child, in ChildTable.RawExit exit)
    {
        var stragglers = Posix.Kill(-process, Posix.SigKill) == 0;
        stragglers |= strays.KillThose(child.Tag);
        var signal = exit.Status & 0x7f;
        var ending = new ChildEnding(
            child.Id,
            signal == 0 ? (exit.Status >> 8) & 0xff : -1,
            signal,
            (long)Stopwatch.GetElapsedTime(child.StartedAt, exit.At).TotalMicroseconds,
            exit.ProcessorMicroseconds,
            exit.PeakBytes,
            exit.ReadBytes,
            exit.WrittenBytes,
            stragglers);
        answers.Add(child.Group is null ? ending : ending.With(child.Group.End()));
    }

    private void WaitForBirth()
    {
        lock (birth)
        {
            while (!born)
                Monitor.Wait(birth);
        }
    }
}
