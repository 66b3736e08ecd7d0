"""The interpreter that stays: loads the script once and calls its process() for every chunk.

Forked from the zygote, one per slot. Speaks JSON lines over a socket, one chunk at a time; what process() returned stands behind an answer on its line. What
a chunk prints goes to the slot's log files, which are opened again only after a chunk that printed something.

Only the standard library, Python 3.8 and later.
"""
import importlib
import inspect
import json
import os
import resource
import socket
import sys
import time
import types

NAME = "__dbatch_job__"
PAGE = os.sysconf("SC_PAGE_SIZE")
SMALL = 4096  # characters of a result that travels with the answer; a larger one takes the way of every program's result, and meets the checks there


class Missing(Exception):
    """The script has nothing to call."""


class Keeper:
    """One kept interpreter."""

    def __init__(self, zygote, request, job):
        self.script = zygote.script
        self.job = job
        self.limit = request["growth"]
        self.log = [None, None]
        self.function = None
        self.encode = json.JSONEncoder(default=plain, allow_nan=False).encode
        self.takes_items = False
        self.waits = False
        self.going = True
        self.baseline = None
        self.looked = time.monotonic()
        self.channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.channel.connect(request["socket"])

    # One chunk

    def run(self, request):
        """Does one chunk; returns what is answered."""
        self.enter(request)
        before = resource.getrusage(resource.RUSAGE_SELF)
        answer = {}
        code = 0
        result = ""
        raised = None
        try:
            if self.function is None:
                answer["retire"] = True  # taken back below: what failed to load is not asked again
                self.load()
                del answer["retire"]
            result = self.result_of(self.call(request))
        except Missing:
            answer["missing"] = True
        except SystemExit as leaving:
            code = self.job.exit_code(leaving)
        except BaseException as error:
            raised = error
        if raised is not None:
            code = self.job.explain(raised, "<dbatch ")
            raised = None
        self.leave()
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if self.has_grown():
            answer["retire"] = True
        extra = "".join(',"%s":true' % name for name in answer) if answer else ""
        self.going = "retire" not in answer
        for name, blocks in (("read", after.ru_inblock - before.ru_inblock), ("written", after.ru_oublock - before.ru_oublock)):
            if blocks:
                extra += ',"%s":%d' % (name, blocks * 512)
        line = '{"code":%d,"cpu":%.6f,"rss":%d%s}%s\n' % (code, cpu, after.ru_maxrss * 1024, extra, result)  # json.dumps costs as much as all else
        return line.encode("ascii")

    def enter(self, request):
        """Takes over what is new with this chunk: variables, arguments, log files, seed."""
        changed = request.get("set")
        if changed:
            os.environ.update(changed)
            if "DBATCH_SEED" in changed:
                self.job.seed(changed["DBATCH_SEED"])
            if "OMP_NUM_THREADS" in changed and "torch" in sys.modules:
                sys.modules["torch"].set_num_threads(int(changed["OMP_NUM_THREADS"]))
        for name in request.get("unset", ()):
            os.environ.pop(name, None)
        if "args" in request:
            sys.argv = [self.script.path or self.script.module] + request["args"]
        for number, name in ((0, "out"), (1, "err")):
            if name in request:
                self.log[number] = request[name]
                self.open_log(number)
            elif os.lseek(number + 1, 0, os.SEEK_CUR):
                self.open_log(number)  # the last chunk wrote to it, so it is that chunk's now

    def leave(self):
        """Flushes what the chunk printed, by Python and by C."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        if self.job.LIBC is not None:
            self.job.LIBC.fflush(None)

    def open_log(self, number):
        fd = os.open(self.log[number], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644)
        os.dup2(fd, number + 1)
        os.close(fd)

    # The script

    def load(self):
        """Imports the script under a name of its own, so that its main guard stays shut, and finds what to call."""
        script = self.script
        if script.module:
            module = importlib.import_module(script.module)
        else:
            path = self.job.script_path(script.path)
            module = types.ModuleType(NAME)
            module.__file__ = path
            sys.modules[NAME] = module
            code = script.code
            if not isinstance(code, types.CodeType):
                with open(script.path, "rb") as source:
                    code = compile(source.read(), path, "exec", dont_inherit=True)
            exec(code, module.__dict__)
        function = next((value for value in vars(module).values() if getattr(value, "__dbatch_process__", False)), None)
        if function is None:
            function = getattr(module, "process", None)
        if not callable(function) or getattr(function, "__module__", "") == "dbatch._main":  # the decorator itself
            raise Missing
        places = [p for p in inspect.signature(function).parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.takes_items = len(places) == 1 or bool(places) and places[0].name == "items"
        self.waits = inspect.iscoroutinefunction(function)
        self.function = function

    def call(self, request):
        start, count = request["start"], request["count"]
        if self.takes_items:
            value = self.function(request.get("items") or range(start, start + count))
        else:
            value = self.function(start, count)
        if self.waits:
            import asyncio  # takes 50 ms, so only for those who need it
            return asyncio.run(value)
        return value

    def result_of(self, value):
        """What process() returned, the chunk's small result, as what is said behind the answer; nothing when it is in the file for results."""
        if value is None:
            return ""
        text = None
        try:
            text = self.encode(value)
        except ValueError:
            pass
        if text is None:  # infinities and the like, which Python writes all the same and the file's reader refuses; what is wrong otherwise is raised again
            text = json.dumps(value, default=plain)
        elif len(text) <= SMALL:
            return text
        path = os.environ.get("DBATCH_RESULT")
        if path:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return ""

    def has_grown(self):
        """Whether the interpreter should be replaced because of its size; looked at once a second."""
        now = time.monotonic()
        if now - self.looked < 1:
            return False
        self.looked = now
        with open("/proc/self/statm") as file:
            resident = int(file.read().split()[1]) * PAGE
        if self.baseline is None:
            self.baseline = resident
        return resident - self.baseline > self.limit

    # The conversation

    def serve(self):
        receive, send, loads = self.channel.recv, self.channel.sendall, json.loads
        while True:
            line = receive(1 << 16)
            while line and line[-1] != 10:
                more = receive(1 << 20)
                if not more:
                    os._exit(0)
                line += more
            if not line:
                os._exit(0)
            send(self.run(loads(line)))
            if not self.going:
                os._exit(0)


def plain(value):
    """NumPy and torch values, sets and paths as JSON can hold them."""
    for name in ("tolist", "item"):
        if hasattr(value, name):
            return getattr(value, name)()
    if isinstance(value, (set, frozenset, range)):
        return list(value)
    if hasattr(value, "__fspath__"):
        return os.fspath(value)
    raise TypeError("process() returned a %s, which JSON cannot hold; return numbers, texts, lists and dicts" % type(value).__name__)


def serve(zygote, request, job):
    """Called by the zygote's child; never returns."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    os.close(nothing)
    Keeper(zygote, request, job).serve()
