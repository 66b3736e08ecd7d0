"""An interpreter that has done the slow imports and forks once per chunk.

Speaks JSON lines: requests on the descriptor that was standard input, events on the one that was standard output. The end of the input is the end of
the program that started us: then every job is killed and we leave. One thread only, because only the forking thread survives a fork.

Only the standard library, Python 3.8 and later.
"""
import base64
import errno
import fcntl
import json
import os
import resource
import select
import signal
import sys
import time

import _dbatch_job as job
import _dbatch_preload as preload

PR_SET_CHILD_SUBREAPER = 36
STALE_CHECK_SECONDS = 0.5
BLOCKED = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}


class Job:
    """A forked child and what we know about it."""

    __slots__ = ("id", "pid", "stopped", "deadline")

    def __init__(self, id, pid):
        self.id = id
        self.pid = pid
        self.stopped = False
        self.deadline = None


class Zygote:
    """The server: reads requests, forks, reaps."""

    def __init__(self, hello, before):
        self.hello = hello
        self.before = {name.partition(".")[0] for name in before}
        self.inbox = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 10)
        self.outbox = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 10)
        self.complaints = fcntl.fcntl(2, fcntl.F_DUPFD_CLOEXEC, 10)
        self.events = []
        self.jobs = {}       # pid -> Job
        self.by_id = {}      # id -> Job
        self.buffer = b""
        self.script = hello.get("script")
        self.module = hello.get("module")
        self.code = None
        self.code_seen = None
        self.printed = (b"", b"")
        self.stale = False
        self.checked = time.monotonic()
        self.pid = os.getpid()

    # Starting

    def prepare(self):
        """Imports what the script wants and tells whether it can be forked."""
        self.lead()
        if self.script and not os.path.isfile(self.script):
            self.say(event="unfit", reason="%s is not a file" % self.script)
            return False
        if self.script and self.script.endswith((".pyc", ".pyz", ".zip")):
            self.say(event="unfit", reason="%s is not a source file" % self.script)
            return False
        place = self.find_place()
        plan = self.plan = preload.Plan(self.find_file(place), place, self.module)
        self.capture()
        try:
            imported, skipped, culprit = preload.run(plan, self.hello.get("excluded", {}), self.before)
        except preload.Unfit as unfit:
            self.say(event="unfit", reason=str(unfit))
            return False
        finally:
            self.release()
        if culprit:
            self.say(event="spoilt", module=culprit[0], reason=culprit[1])
            return False
        for name in self.hello["forced"]:
            os.environ.pop(name, None)
        for name in self.hello["names"]:
            sys.modules.pop(name, None)
        if place is not None:
            sys.path.insert(0, place)
        self.known = len(sys.modules)
        self.compile()
        preload.settle()
        self.say(
            event="ready", pid=self.pid, imported=imported, skipped=skipped, process=plan.offers_process, seconds=time.process_time(),
            rss=self.resident())
        return True

    def lead(self):
        """Own session, so that Ctrl-C on the terminal does not reach us; orphans of the jobs become ours, so that we can end them."""
        try:
            os.setsid()
        except OSError:
            pass  # already leads one
        if job.LIBC is not None:
            job.LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda number, frame: self.leave())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self.bell, sink = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.bell_sink = sink
        signal.set_wakeup_fd(sink, warn_on_full_buffer=False)

    def find_place(self):
        """What sys.path[0] will be in the jobs; None when the interpreter was told to set none. Takes our own entry away."""
        if getattr(sys.flags, "safe_path", False) or sys.flags.isolated:
            return None
        sys.path.pop(0)
        return os.getcwd() if self.module else os.path.dirname(os.path.realpath(self.script))

    def find_file(self, place):
        """The file whose imports are read."""
        if self.script:
            return self.script
        stem = os.path.join(place or os.getcwd(), *self.module.split("."))
        for file in (stem + ".py", os.path.join(stem, "__main__.py")):
            if os.path.isfile(file):
                return file
        try:
            import importlib.util
            spec = importlib.util.find_spec(self.module.partition(".")[0])
            root = os.path.dirname(spec.origin) if spec.submodule_search_locations else spec.origin
            rest = self.module.split(".")[1:]
            for file in (root, os.path.join(root, *rest) + ".py", os.path.join(root, *rest, "__main__.py")):
                if os.path.isfile(file):
                    return file
        except Exception:
            pass  # the job will say that there is no such module
        return self.module

    def capture(self):
        """What imports print belongs to every job's output, as it would have been there in a process of its own."""
        self.catch = [os.memfd_create("print", os.MFD_CLOEXEC) for _ in range(2)]
        os.dup2(self.catch[0], 1)
        os.dup2(self.catch[1], 2)

    def release(self):
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        if job.LIBC is not None:
            job.LIBC.fflush(None)
        self.printed = tuple(os.pread(fd, os.fstat(fd).st_size, 0) for fd in self.catch)
        for fd in self.catch:
            os.close(fd)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.dup2(self.complaints, 2)
        os.close(nothing)

    def compile(self):
        """Compiles the script once for all jobs, and again when it has changed. A script that does not compile fails in the job, as it should."""
        if self.module:
            return
        try:
            found = os.stat(self.script)
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen == self.code_seen:
                return
            with open(self.script, "rb") as source:
                text = source.read()
            self.code_seen = seen
            self.code = None
            self.code = compile(text, job.script_path(self.script), "exec", dont_inherit=True)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            self.code = None

    # Serving

    def serve(self):
        """Handles requests until the input ends."""
        poller = select.poll()
        poller.register(self.inbox, select.POLLIN)
        poller.register(self.bell, select.POLLIN)
        while True:
            self.flush()
            for fd, _ in poller.poll(self.until_deadline()):
                if fd == self.bell:
                    self.drain()
                    self.reap()
                    self.flush()
                else:
                    self.read()
            self.enforce()

    def drain(self):
        try:
            while len(os.read(self.bell, 4096)) == 4096:
                pass
        except BlockingIOError:
            pass

    def read(self):
        data = os.read(self.inbox, 65536)
        if not data:
            self.leave()
        lines = (self.buffer + data).split(b"\n")
        self.buffer = lines.pop()
        for line in lines:
            request = json.loads(line)
            op = request["op"]
            if op == "stop":
                self.stop(request)
            else:
                self.start(request)

    def start(self, request):
        """Forks for one request; what can fail for reasons of the host fails here, before the fork."""
        fds = []
        try:
            if self.module is None:
                self.compile()
            self.look_for_changes()
            if request["op"] == "run":
                for name in ("out", "err"):
                    fds.append(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644))
            signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED)
            try:
                pid = os.fork()
                if pid == 0:
                    self.become(request, fds)
                task = Job(request["id"], pid)
                self.jobs[pid] = task
                self.by_id[task.id] = task
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED)
            self.say(event="started", id=task.id, pid=pid)
        except OSError as error:
            self.say(event="failed", id=request["id"], error=str(error))
        finally:
            for fd in fds:
                os.close(fd)

    def become(self, request, fds):
        """The child's way from the fork to the user's code and out. Never returns."""
        code = 70
        try:
            job.detach(self.pid)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED)
            for fd in (self.inbox, self.outbox, self.complaints, self.bell, self.bell_sink):
                os.close(fd)
            environ = os.environ
            for name in request.get("unset", ()):
                environ.pop(name, None)
            environ.update(request["set"])
            import gc
            gc.enable()
            if request["op"] == "keep":
                import types
                keep = types.ModuleType("_dbatch_keep")
                exec(compile(self.hello["keep"], "<dbatch keep>", "exec"), keep.__dict__)
                keep.serve(self, request, job)
                os._exit(0)
            os.dup2(fds[0], 1)
            os.dup2(fds[1], 2)
            for fd, printed in zip((1, 2), self.printed):
                if printed:
                    os.write(fd, printed)
            os.close(fds[0])
            os.close(fds[1])
            job.give_stdin(base64.b64decode(request.get("in", "")))
            job.seed(environ.get("DBATCH_SEED"))
            sys.argv = [self.script or "-m"] + request["args"]
            if hasattr(sys, "orig_argv"):
                sys.orig_argv = self.hello["words"] + request["args"]
            if self.module:
                code, interrupted = job.call(job.run_module, self.module)
            else:
                code, interrupted = job.call(job.run_script, self.code, self.script)
            job.finish(code, interrupted, self.known)
        except BaseException as error:
            try:
                sys.__excepthook__(type(error), error, error.__traceback__)
                sys.stderr.flush()
            finally:
                os._exit(code)

    def look_for_changes(self):
        """Tells once when files that decided on the imports have changed, so that a new zygote is started for the next chunks."""
        now = time.monotonic()
        if self.stale or now - self.checked < STALE_CHECK_SECONDS:
            return
        self.checked = now
        if self.plan.changed():
            fresh = preload.Plan(self.plan.script, self.plan.place, self.module)
            if fresh.wanted != self.plan.wanted or fresh.offers_process != self.plan.offers_process:
                self.stale = True
                self.say(event="stale")
            else:
                self.plan = fresh

    # Ending jobs

    def stop(self, request):
        """SIGTERM to the group now, SIGKILL after the grace."""
        task = self.by_id.get(request["id"])
        if task is None or task.stopped:
            return
        task.stopped = True
        task.deadline = time.monotonic() + request["grace"]
        self.signal(task, signal.SIGTERM)

    @staticmethod
    def signal(task, number):
        try:
            os.killpg(task.pid, number)
        except OSError:
            try:
                os.kill(task.pid, number)  # it has not become the leader of its group yet
            except OSError:
                pass

    def until_deadline(self):
        deadlines = [task.deadline for task in self.jobs.values() if task.deadline is not None] if self.jobs else None
        return max(0, int((min(deadlines) - time.monotonic()) * 1000) + 1) if deadlines else None

    def enforce(self):
        now = None
        for task in self.jobs.values():
            if task.deadline is not None:
                now = now or time.monotonic()
                if task.deadline <= now:
                    task.deadline = now + 1
                    self.signal(task, signal.SIGKILL)

    def reap(self):
        """Collects every child that has ended. A job's group is killed while the ended job still holds its number."""
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
                self.say(
                    event="ended", id=task.id, status=status, stopped=task.stopped, cpu=usage.ru_utime + usage.ru_stime,
                    rss=usage.ru_maxrss * 1024, read=usage.ru_inblock * 512, written=usage.ru_oublock * 512)
                if not self.jobs:
                    self.kill_orphans()

    def kill_orphans(self):
        """Ends what left its group and outlived its job; we are its parent now."""
        try:
            with open("/proc/self/task/%d/children" % self.pid) as children:
                for pid in children.read().split():
                    if int(pid) not in self.jobs:
                        os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass

    def leave(self):
        """The end: no job outlives us."""
        for pid in list(self.jobs):
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
        os._exit(0)

    # Speaking

    def say(self, **event):
        self.events.append(json.dumps(event, separators=(",", ":")))

    def flush(self):
        if not self.events:
            return
        data = ("\n".join(self.events) + "\n").encode()
        self.events.clear()
        while data:
            try:
                data = data[os.write(self.outbox, data):]
            except OSError as error:
                if error.errno == errno.EPIPE:
                    self.leave()
                raise

    @staticmethod
    def resident():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(hello, before):
    """Runs the server; called by the bootstrap."""
    zygote = Zygote(hello, before)
    if zygote.prepare():
        zygote.serve()
    zygote.flush()
    os._exit(0)
