"""The processes that were forked: starts no one, but watches, stops and collects them.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import os
import signal
import time


class Job:
    """A child at work and what we know about it."""

    __slots__ = ("id", "pid", "stopped", "deadline")

    def __init__(self, id, pid):
        self.id = id
        self.pid = pid
        self.stopped = False
        self.deadline = None


class Children:
    """The jobs that have not ended. They end with us."""

    def __init__(self):
        self.jobs = {}      # pid -> Job
        self.by_id = {}     # id -> Job
        self.pid = os.getpid()

    def add(self, id, pid):
        task = Job(id, pid)
        self.jobs[pid] = task
        self.by_id[id] = task

    def stop(self, id, grace):
        """SIGTERM to the group now, SIGKILL after the grace."""
        task = self.by_id.get(id)
        if task is None or task.stopped:
            return
        task.stopped = True
        task.deadline = time.monotonic() + grace
        signal_group(task.pid, signal.SIGTERM)

    def until_deadline(self):
        """Milliseconds until somebody's grace is over; None for never."""
        deadlines = [task.deadline for task in self.jobs.values() if task.deadline is not None] if self.jobs else None
        return max(0, int((min(deadlines) - time.monotonic()) * 1000) + 1) if deadlines else None

    def enforce(self):
        """SIGKILL to those whose grace is over."""
        now = None
        for task in self.jobs.values():
            if task.deadline is not None:
                now = now or time.monotonic()
                if task.deadline <= now:
                    task.deadline = now + 1
                    signal_group(task.pid, signal.SIGKILL)

    def reap(self):
        """Collects every child that has ended; yields (job, status, usage). A job's group is killed while the ended job still holds its number."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            pid = ended.si_pid
            task = self.jobs.pop(pid, None)
            if task is not None:
                try:
                    os.killpg(pid, signal.SIGKILL)
                except OSError:
                    pass
            _, status, usage = os.wait4(pid, 0)
            if task is not None:
                del self.by_id[task.id]
                yield task, status, usage
                if not self.jobs:
                    self.kill_orphans()

    def kill_orphans(self):
        """Ends what left its group and outlived its job; we are its parent now."""
        try:
            with open("/proc/self/task/%d/children" % self.pid) as children:
                for word in children.read().split():
                    pid = int(word)
                    if pid not in self.jobs:
                        kill(pid)
        except OSError:
            pass

    def end_all(self):
        """No one outlives us."""
        for pid in self.jobs:
            try:
                os.killpg(pid, signal.SIGKILL)
            except OSError:
                pass
        self.jobs.clear()
        for _ in range(50):
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                break
            self.kill_orphans()
            time.sleep(0.01)


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass


def signal_group(pid, number):
    try:
        os.killpg(pid, number)
    except OSError:
        try:
            os.kill(pid, number)  # it has not become the leader of its group yet
        except OSError:
            pass
