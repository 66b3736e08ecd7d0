"""The forked processes: stops and reaps them.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import os
import signal
import time


class Job:
    """A forked process that has not ended."""

    __slots__ = ("id", "pid", "stopped", "deadline")

    def __init__(self, id, pid):
        self.id = id
        self.pid = pid
        self.stopped = False   # whether it was asked to stop
        self.deadline = None   # time.monotonic() of the next SIGKILL; None before it was asked to stop


class Children:
    """All jobs that have not ended. They end with the zygote."""

    def __init__(self):
        self.jobs = {}      # pid -> Job
        self.by_id = {}     # id -> Job
        self.pid = os.getpid()

    def add(self, id, pid):
        job = Job(id, pid)
        self.jobs[pid] = job
        self.by_id[id] = job

    def stop(self, id, grace):
        """Sends SIGTERM to the job's group now, and SIGKILL after the grace period, in seconds."""
        job = self.by_id.get(id)
        if job is None or job.stopped:
            return
        job.stopped = True
        job.deadline = time.monotonic() + grace
        signal_group(job.pid, signal.SIGTERM)

    def until_deadline(self):
        """Milliseconds until the next SIGKILL; None when there is none."""
        deadlines = [job.deadline for job in self.jobs.values() if job.deadline is not None] if self.jobs else None
        return max(0, int((min(deadlines) - time.monotonic()) * 1000) + 1) if deadlines else None

    def enforce_deadlines(self):
        """Sends SIGKILL to jobs whose grace period is over, once a second until they end."""
        now = None
        for job in self.jobs.values():
            if job.deadline is not None:
                now = now or time.monotonic()
                if job.deadline <= now:
                    job.deadline = now + 1
                    signal_group(job.pid, signal.SIGKILL)

    def reap(self):
        """Reaps every child that has ended; yields (job, wait status, resource usage) for jobs. The job's group is killed before the reaping,
        while the pid is not reused."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            pid = ended.si_pid
            job = self.jobs.pop(pid, None)
            if job is not None:
                try:
                    os.killpg(pid, signal.SIGKILL)
                except OSError:
                    pass
            _, status, usage = os.wait4(pid, 0)
            if job is not None:
                del self.by_id[job.id]
                yield job, status, usage
                if not self.jobs:
                    self.kill_orphans()

    def kill_orphans(self):
        """Kills processes that left their group and outlived their job. The zygote is their parent now."""
        try:
            with open("/proc/self/task/%d/children" % self.pid) as children:
                for word in children.read().split():
                    pid = int(word)
                    if pid not in self.jobs:
                        kill(pid)
        except OSError:
            pass

    def end_all(self):
        """Kills all jobs and orphans."""
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
            os.kill(pid, number)  # it does not lead its group yet
        except OSError:
            pass
