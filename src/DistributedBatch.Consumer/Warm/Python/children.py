"""The forked processes: stops and reaps them, and ends what they leave behind.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import os
import resource
import signal
import time

# A number that all processes of a job inherit, whatever their session and environment: the soft limit of processor time under real-time scheduling,
# in microseconds. 35 years, then the process id of the zygote, then the number of the job.
MARK = 1 << 50
MARK_BITS = 24

TIDYING_LIMIT = 5  # seconds that helpers may take to remove shared memory
MOMENT = 0.5  # seconds that a process may take to become one: before its exec it looks like its job, and during it it has no command line


class Job:
    """A forked process that has not ended."""

    __slots__ = ("id", "pid", "stopped", "deadline", "killed")

    def __init__(self, id, pid):
        self.id = id
        self.pid = pid
        self.stopped = False   # whether it was asked to stop
        self.deadline = None   # time.monotonic() of the next SIGKILL; None before it was asked to stop
        self.killed = False    # whether it got SIGKILL


class Children:
    """All jobs that have not ended. They end with the zygote."""

    def __init__(self):
        self.jobs = {}      # pid -> Job
        self.by_id = {}     # id -> Job
        self.ending = []    # (Job, status, usage, time.monotonic() of the end) of jobs whose helpers still tidy up
        self.sweep_until = 0  # time.monotonic() until which orphans may still turn up
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
        if self.ending or self.sweep_until:
            return 100
        deadlines = [job.deadline for job in self.jobs.values() if job.deadline is not None] if self.jobs else None
        return min(max(0, int((min(deadlines) - time.monotonic()) * 1000) + 1), 3600000) if deadlines else None

    def enforce_deadlines(self):
        """Sends SIGKILL to jobs whose grace period is over, once a second until they end: first to the job, whose helpers are spared when it has
        ended, then to its group."""
        now = None
        for job in self.jobs.values():
            if job.deadline is not None:
                now = now or time.monotonic()
                if job.deadline <= now:
                    job.deadline = now + 1
                    if job.killed:
                        signal_group(job.pid, signal.SIGKILL)
                    else:
                        kill(job.pid)
                    job.killed = True
        if self.sweep_until:
            now = now or time.monotonic()
            self.kill_orphans()
            if now > self.sweep_until:
                self.sweep_until = 0

    def reap(self):
        """Reaps every child that has ended; yields (job, wait status, resource usage, whether others of it were killed) for jobs. The job's group is
        killed before the reaping, while the pid is not reused."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            pid = ended.si_pid
            job = self.jobs.pop(pid, None)
            rest = self.kill_rest(job) if job is not None else NOTHING
            _, status, usage = os.wait4(pid, 0)
            if job is None:
                continue
            if rest == HELPERS:
                self.ending.append((job, status, usage, time.monotonic()))
                continue
            del self.by_id[job.id]
            yield job, status, usage, rest == KILLED
            if rest == KILLED:
                self.sweep_until = time.monotonic() + 1  # a killed parent may leave orphans of its own

    def end_tidied(self):
        """Yields, like reap, the jobs whose helpers have ended by now, and those whose helpers took too long."""
        for entry in list(self.ending):
            job, status, usage, ended = entry
            if self.kill_rest(job, time.monotonic() - ended) != HELPERS:
                self.ending.remove(entry)
                del self.by_id[job.id]
                yield job, status, usage, True

    def kill_rest(self, job, since_end=0):
        """Kills what is left of a job: its group, and its orphans, whose parent is the zygote now. Spares helpers that tidy up. Returns NOTHING,
        KILLED, or HELPERS when there are such helpers."""
        orphans = [pid for pid in self.adopted() if pid != job.pid and self.belongs(pid, job)]
        rest = orphans + [pid for orphan in orphans for pid in descendants(orphan)]
        helpers = {pid for pid in rest if is_helper(pid, since_end)}
        for pid in rest:
            if pid not in helpers:
                kill(pid)
        if helpers:
            return HELPERS
        signal_group(job.pid, signal.SIGKILL)
        return KILLED if rest else NOTHING

    def belongs(self, pid, job):
        group = group_of(pid)
        return group != 0 and (group == job.pid or mark_of(pid) == self.mark(job))

    def kill_orphans(self):
        """Kills processes that outlived their job; when no job runs, also those that name none."""
        live = {self.mark(job) for job in self.by_id.values()}
        for pid in self.adopted():
            mark = mark_of(pid)
            if mark not in live and (mark >= MARK or not live):
                kill(pid)

    def adopted(self):
        """The processes whose parent has ended, so that the zygote is their parent now."""
        return [pid for pid in children_of(self.pid) if pid not in self.jobs]

    def mark(self, job):
        return mark_for(self.pid, job.id)

    def end_all(self):
        """Kills all jobs and orphans; helpers may tidy up first."""
        deadline = time.monotonic() + TIDYING_LIMIT
        self.jobs.clear()
        while time.monotonic() < deadline + TIDYING_LIMIT:
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                break
            since_end = MOMENT + max(0, time.monotonic() - deadline + TIDYING_LIMIT)
            for pid in descendants(self.pid):
                if not is_helper(pid, since_end):
                    kill(pid)
            time.sleep(0.01)


NOTHING, KILLED, HELPERS = range(3)  # what was left of a job


def mark_for(zygote, id):
    """The mark of a job's processes."""
    return MARK + (zygote << MARK_BITS) + (id & ((1 << MARK_BITS) - 1))


def set_mark(zygote, id):
    """Marks this process and all that it will start."""
    try:
        resource.setrlimit(resource.RLIMIT_RTTIME, (mark_for(zygote, id), resource.getrlimit(resource.RLIMIT_RTTIME)[1]))
    except (ValueError, OSError):
        pass  # somebody has set a lower limit


def mark_of(pid):
    """The mark of a process, or another number."""
    try:
        return resource.prlimit(pid, resource.RLIMIT_RTTIME)[0]
    except (OSError, ValueError):
        return -1


def group_of(pid):
    """The process group; 0 when the process has ended."""
    try:
        with open("/proc/%d/stat" % pid) as stat:
            fields = stat.read().rpartition(")")[2].split()
        return 0 if fields[0] in "ZX" else int(fields[2])
    except OSError:
        return 0


def is_helper(pid, since_end):
    """Whether a process removes what a program left in /dev/shm and ends by itself; see TidyingHelper.cs. `since_end`: seconds since the job's end."""
    if since_end > TIDYING_LIMIT:
        return False
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            words = file.read().split(b"\0")
    except OSError:
        return False
    if since_end < MOMENT and (not words[0] or os.path.basename(words[0]).startswith(b"python")) or words[0].endswith(b"/torch_shm_manager"):
        return True
    return any(b"resource_tracker import main" in word or b"semaphore_tracker import main" in word for word in words)


def children_of(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
            return [int(word) for word in children.read().split()]
    except OSError:
        return []


def descendants(pid):
    found = children_of(pid)
    for child in found:
        found.extend(children_of(child))
    return found


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
