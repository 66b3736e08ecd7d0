"""The zygote: an interpreter that has done the imports and forks once per chunk.

Reads requests from the descriptor that was standard input and writes events to the one that was standard output, both JSON lines. When the input
ends, the consumer has ended; then it kills every job and exits. It has one thread, because only the forking thread survives a fork.

Only the standard library, Python 3.8 and later.
"""
import _signal
import base64
import errno
import fcntl
import gc
import json
import os
import resource
import select
import signal
import sys
import time
import types

import _dbatch_job as job
import _dbatch_preload as preload
from _dbatch_children import Children, set_mark
from _dbatch_import_output import ImportOutput
from _dbatch_large_pages import LargePages
from _dbatch_script import Script
from _dbatch_trial import Guard

PR_SET_CHILD_SUBREAPER = 36

# Modules of the standard library, in Python, that can be loaded twice.
OWN_MODULES = ("ast", "base64", "json", "pkgutil", "runpy", "sysconfig")


class Zygote:
    """Reads requests, forks, reaps."""

    def __init__(self, hello, before):
        self.hello = hello
        self.loaded_before = {name.partition(".")[0] for name in before}
        self.requests = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 10)
        self.replies = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 10)
        self.stderr = fcntl.fcntl(2, fcntl.F_DUPFD_CLOEXEC, 10)
        self.events = []   # JSON texts that are not written yet
        self.buffer = b""  # the start of a request that is not complete yet
        self.script = Script(hello.get("script"), hello.get("module"))
        self.import_output = ImportOutput()
        self.children = Children()
        self.large_pages = LargePages()
        self.pid = os.getpid()

    # Starting

    def prepare(self):
        """Does the imports of the script; returns whether jobs can be forked."""
        self.start_session()
        reason = self.script.unsupported_reason()
        if reason:
            self.send(event="unsupported", reason=reason)
            return False
        self.script.locate()
        self.forget_own_modules()
        if self.script.path:
            job.become_main(job.script_path(self.script.path))
        else:
            job.become_main_module()
        self.script.enter_path()
        done = preload.Preload(self.script.imports, self.hello.get("excluded", {}))
        self.import_output.start()
        try:
            done.run(self.import_output, self.script.argv0, self.loaded_before)
        except preload.Unsupported as error:
            self.send(event="unsupported", reason=str(error))
            return False
        except preload.Unsafe as error:
            self.send(event="unsafe", module=error.module, reason=error.reason)
            return False
        finally:
            self.import_output.stop(self.stderr)
        self.handle_signals()
        for name in self.hello["forced"]:
            os.environ.pop(name, None)
        for name, _ in self.hello["modules"]:
            sys.modules.pop("_dbatch_" + name, None)
        self.known_modules = len(sys.modules)
        self.script.compile()
        self.collects_garbage = gc.isenabled()
        preload.freeze_heap()
        self.send(
            event="ready", pid=self.pid, imported=done.imported, left=done.left, reason=done.reason, process=self.script.imports.has_process,
            seconds=time.process_time() - done.check_seconds, rss=self.resident())
        return True

    def forget_own_modules(self):
        """Takes modules that only the zygote needs out of sys.modules, so that a job finds its own where a script brings some of these names."""
        for name in list(sys.modules):
            if name.partition(".")[0] in OWN_MODULES and name.partition(".")[0] not in self.loaded_before:
                del sys.modules[name]

    def start_session(self):
        """Gets a session of its own, so that Ctrl-C on the terminal does not reach it, and becomes the parent of the jobs' orphans."""
        try:
            os.setsid()
        except OSError:
            pass  # it leads a session already
        if job.LIBC is not None:
            job.LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.raise_oom_score()
        self.lower_open_files(self.hello.get("open_files"))

    def handle_signals(self):
        """Sets the zygote's own signal handlers. After the imports, which see those of a new interpreter."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda number, frame: self.exit())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self.wakeup, sink = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.wakeup_sink = sink
        signal.set_wakeup_fd(sink, warn_on_full_buffer=False)

    @staticmethod
    def raise_oom_score():
        """Makes the kernel kill a job, which inherits this, and not the consumer when memory runs out."""
        try:
            with open("/proc/self/oom_score_adj", "w") as score:
                score.write("300")
        except OSError:
            pass

    @staticmethod
    def lower_open_files(limit):
        """Sets the soft limit that jobs inherit. `limit`: None to keep the one of the consumer, which raised its own."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limit is not None and limit < soft:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit, 64), hard))

    # Serving

    def serve(self):
        """Handles requests until the input ends."""
        poller = select.poll()
        poller.register(self.requests, select.POLLIN)
        poller.register(self.wakeup, select.POLLIN)
        while True:
            self.flush()
            self.large_pages.move_next()
            for fd, _ in poller.poll(self.children.until_deadline()):
                if fd == self.wakeup:
                    self.drain_wakeups()
                    self.reap()
                    self.flush()
                else:
                    self.handle_requests()
            self.children.enforce_deadlines()
            if self.children.ending:
                self.report(self.children.end_tidied())

    def drain_wakeups(self):
        try:
            while len(os.read(self.wakeup, 4096)) == 4096:
                pass
        except BlockingIOError:
            pass

    def handle_requests(self):
        data = os.read(self.requests, 65536)
        if not data:
            self.exit()
        lines = (self.buffer + data).split(b"\n")
        self.buffer = lines.pop()
        for line in lines:
            request = json.loads(line)
            if request["op"] == "stop":
                self.children.stop(request["id"], request["grace"])
            else:
                self.fork(request)

    def fork(self, request):
        """Forks for one request. Opens the log files before the fork, so that errors are reported as events."""
        fds = []
        try:
            self.script.compile()
            if self.script.became_stale():
                self.send(event="stale")
            if request["op"] == "run":
                for name in ("out", "err"):
                    fds.append(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644))
            _signal.pthread_sigmask(_signal.SIG_BLOCK, job.BLOCKED)
            try:
                pid = os.fork()
                if pid == 0:
                    self.run_child(request, fds)
                self.children.add(request["id"], pid)
                self.large_pages.count_fork()
            finally:
                _signal.pthread_sigmask(_signal.SIG_UNBLOCK, job.BLOCKED)
            self.send(event="started", id=request["id"], pid=pid)
        except OSError as error:
            self.send(event="failed", id=request["id"], error=str(error))
        finally:
            for fd in fds:
                os.close(fd)

    def run_child(self, request, fds):
        """Runs the user's program in the child; never returns."""
        code = 70
        try:
            job.detach(self.pid)
            set_mark(self.pid, request["id"])
            for fd in (self.requests, self.replies, self.stderr, self.wakeup, self.wakeup_sink):
                os.close(fd)
            if self.collects_garbage:
                gc.enable()
            environ = os.environ
            for name in request.get("unset", ()):
                environ.pop(name, None)
            for name, value in request["set"].items():
                environ[name] = value  # update() would write to twice as many pages
            if fds:
                os.dup2(fds[0], 1)
                os.dup2(fds[1], 2)
                os.close(fds[0])
                os.close(fds[1])
            if "group" in request:
                job.enter_cgroup(request["group"])
            if request["op"] == "keep":
                keep = types.ModuleType("_dbatch_keep")
                exec(compile(self.hello["keep"], "<dbatch keep>", "exec"), keep.__dict__)
                keep.serve(self, request, job)
                os._exit(0)
            self.import_output.write()
            if "note" in request:
                Guard(request["note"], [environ.get("DBATCH_OUT"), environ.get("DBATCH_RESULT")]).start()
            job.set_stdin(base64.b64decode(request.get("in", "")))
            job.renew(environ.get("DBATCH_SEED"))
            sys.argv = [self.script.argv0] + request["args"]
            if hasattr(sys, "orig_argv"):
                sys.orig_argv = self.hello["words"] + request["args"]
            code, interrupted = self.script.run()
            job.finish(code, interrupted, self.known_modules)
        except BaseException as error:
            try:
                sys.__excepthook__(type(error), error, error.__traceback__)
                sys.stderr.flush()
            finally:
                os._exit(code)

    # Ending

    def reap(self):
        self.report(self.children.reap())

    def report(self, exits):
        for ended, status, usage, stragglers in exits:
            self.send(
                event="exited", id=ended.id, status=status, stopped=ended.stopped, stragglers=stragglers, cpu=usage.ru_utime + usage.ru_stime,
                rss=usage.ru_maxrss * 1024, read=usage.ru_inblock * 512, written=usage.ru_oublock * 512)

    def exit(self):
        self.children.end_all()
        os._exit(0)

    # Events

    def send(self, **event):
        self.events.append(json.dumps(event, separators=(",", ":")))

    def flush(self):
        if not self.events:
            return
        data = ("\n".join(self.events) + "\n").encode()
        self.events.clear()
        while data:
            try:
                data = data[os.write(self.replies, data):]
            except OSError as error:
                if error.errno == errno.EPIPE:
                    self.exit()
                raise

    @staticmethod
    def resident():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(hello, before):
    """Called by the bootstrap."""
    zygote = Zygote(hello, before)
    if zygote.prepare():
        zygote.serve()
    zygote.flush()
    os._exit(0)
