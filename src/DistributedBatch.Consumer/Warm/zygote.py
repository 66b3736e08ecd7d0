"""An interpreter that has done the slow imports and forks once per chunk.

Speaks JSON lines: requests on the descriptor that was standard input, events on the one that was standard output. The end of the input is the end of
the program that started us: then every job is killed and we leave. One thread only, because only the forking thread survives a fork.

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
from _dbatch_children import Children
from _dbatch_pages import Pages
from _dbatch_printed import Printed
from _dbatch_script import Script

PR_SET_CHILD_SUBREAPER = 36


class Zygote:
    """The server: reads requests, forks, reaps."""

    def __init__(self, hello, before):
        self.hello = hello
        self.before = {name.partition(".")[0] for name in before}
        self.inbox = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 10)
        self.outbox = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 10)
        self.complaints = fcntl.fcntl(2, fcntl.F_DUPFD_CLOEXEC, 10)
        self.events = []
        self.buffer = b""
        self.script = Script(hello.get("script"), hello.get("module"))
        self.printed = Printed()
        self.children = Children()
        self.pages = Pages()
        self.pid = os.getpid()

    # Starting

    def prepare(self):
        """Imports what the script wants and tells whether it can be forked."""
        self.lead()
        reason = self.script.unfit()
        if reason:
            self.say(event="unfit", reason=reason)
            return False
        self.script.find()
        self.printed.catch()
        try:
            imported, skipped, culprit = preload.run(self.script.plan, self.hello.get("excluded", {}), self.before)
        except preload.Unfit as unfit:
            self.say(event="unfit", reason=str(unfit))
            return False
        finally:
            self.printed.release(self.complaints)
        if culprit:
            self.say(event="spoilt", module=culprit[0], reason=culprit[1])
            return False
        for name in self.hello["forced"]:
            os.environ.pop(name, None)
        for name, _ in self.hello["modules"]:
            sys.modules.pop("_dbatch_" + name, None)
        self.script.enter_path()
        self.known = len(sys.modules)
        self.script.compile()
        preload.settle()
        self.say(
            event="ready", pid=self.pid, imported=imported, skipped=skipped, process=self.script.plan.offers_process, seconds=time.process_time(),
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
        self.go_first()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda number, frame: self.leave())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self.bell, sink = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.bell_sink = sink
        signal.set_wakeup_fd(sink, warn_on_full_buffer=False)

    @staticmethod
    def go_first():
        """Should the kernel have to kill for want of memory, then a job, which inherits this, and not the consumer."""
        try:
            with open("/proc/self/oom_score_adj", "w") as score:
                score.write("300")
        except OSError:
            pass

    # Serving

    def serve(self):
        """Handles requests until the input ends."""
        poller = select.poll()
        poller.register(self.inbox, select.POLLIN)
        poller.register(self.bell, select.POLLIN)
        while True:
            self.flush()
            self.pages.improve()
            for fd, _ in poller.poll(self.children.until_deadline()):
                if fd == self.bell:
                    self.drain()
                    self.reap()
                    self.flush()
                else:
                    self.read()
            self.children.enforce()

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
            if request["op"] == "stop":
                self.children.stop(request["id"], request["grace"])
            else:
                self.start(request)

    def start(self, request):
        """Forks for one request; what can fail for reasons of the host fails here, before the fork."""
        fds = []
        try:
            self.script.compile()
            if self.script.became_stale():
                self.say(event="stale")
            if request["op"] == "run":
                for name in ("out", "err"):
                    fds.append(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644))
            _signal.pthread_sigmask(_signal.SIG_BLOCK, job.BLOCKED)
            try:
                pid = os.fork()
                if pid == 0:
                    self.become(request, fds)
                self.children.add(request["id"], pid)
                self.pages.forked()
            finally:
                _signal.pthread_sigmask(_signal.SIG_UNBLOCK, job.BLOCKED)
            self.say(event="started", id=request["id"], pid=pid)
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
            for fd in (self.inbox, self.outbox, self.complaints, self.bell, self.bell_sink):
                os.close(fd)
            gc.enable()
            environ = os.environ
            for name in request.get("unset", ()):
                environ.pop(name, None)
            for name, value in request["set"].items():
                environ[name] = value  # update() touches twice as many pages
            if fds:
                os.dup2(fds[0], 1)
                os.dup2(fds[1], 2)
                os.close(fds[0])
                os.close(fds[1])
            if "group" in request:
                job.enter(request["group"])
            if request["op"] == "keep":
                keep = types.ModuleType("_dbatch_keep")
                exec(compile(self.hello["keep"], "<dbatch keep>", "exec"), keep.__dict__)
                keep.serve(self, request, job)
                os._exit(0)
            self.printed.repeat()
            job.give_stdin(base64.b64decode(request.get("in", "")))
            job.seed(environ.get("DBATCH_SEED"))
            sys.argv = [self.script.argv0] + request["args"]
            if hasattr(sys, "orig_argv"):
                sys.orig_argv = self.hello["words"] + request["args"]
            code, interrupted = self.script.run()
            job.finish(code, interrupted, self.known)
        except BaseException as error:
            try:
                sys.__excepthook__(type(error), error, error.__traceback__)
                sys.stderr.flush()
            finally:
                os._exit(code)

    # Ending

    def reap(self):
        for task, status, usage in self.children.reap():
            self.say(
                event="ended", id=task.id, status=status, stopped=task.stopped, cpu=usage.ru_utime + usage.ru_stime,
                rss=usage.ru_maxrss * 1024, read=usage.ru_inblock * 512, written=usage.ru_oublock * 512)

    def leave(self):
        self.children.end_all()
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
