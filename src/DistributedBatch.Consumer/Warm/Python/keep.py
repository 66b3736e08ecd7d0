"""A kept interpreter: loads the script once and calls its process() for every chunk.

Forked from the zygote, one per slot. Receives one request per chunk over a socket and sends one reply, both JSON lines; the value that process()
returned follows the reply on its line. Output of a chunk goes to the slot's log files, which are opened again only after a chunk that printed
something.

Only the standard library, Python 3.8 and later.
"""
import ast
import importlib.util
import inspect
import json
import os
import resource
import socket
import sys
import time

PAGE = os.sysconf("SC_PAGE_SIZE")  # bytes
MAX_RESULT = 4096  # characters of a result in a reply; a larger one goes to the result file, where its size is checked


class Missing(Exception):
    """The script has no function to call."""


class ShutGuard(ast.NodeTransformer):
    """Makes `__name__ == "__main__"` false, so that the script can be __main__ and define its functions without running."""

    def visit_Compare(self, node):
        self.generic_visit(node)
        sides = (node.left, node.comparators[0])
        compares_name = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
            isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)
        if len(node.ops) == 1 and compares_name and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            return ast.copy_location(ast.Constant(isinstance(node.ops[0], ast.NotEq)), node)
        return node


class KeptInterpreter:
    """Runs the chunks of one slot."""

    def __init__(self, zygote, request, job):
        self.script = zygote.script
        self.job = job
        self.growth_limit = request["growth"]  # bytes
        self.logs = [None, None]  # paths of standard output and standard error
        self.function = None
        self.encode = json.JSONEncoder(default=plain, allow_nan=False).encode
        self.takes_items = False
        self.is_coroutine = False
        self.retired = False
        self.first_size = None  # resident bytes after the first second of work
        self.measured_at = time.monotonic()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(request["socket"])

    # One chunk

    def run(self, request):
        """Runs one chunk; returns the reply, a line of bytes."""
        self.prepare(request)
        before = resource.getrusage(resource.RUSAGE_SELF)
        reply = {}
        code = 0
        result = ""
        raised = None
        try:
            if self.function is None:
                reply["retire"] = True  # unless it loads: after a failure this interpreter is not used again
                self.load()
                del reply["retire"]
            result = self.result_of(self.call(request))
        except Missing:
            reply["missing"] = True
        except SystemExit as leaving:
            code = self.job.exit_code(leaving)
        except BaseException as error:
            raised = error
        if raised is not None:
            code = self.job.explain(raised, "<dbatch ")
            raised = None
        self.flush()
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if self.has_grown():
            reply["retire"] = True
        extra = "".join(',"%s":true' % name for name in reply) if reply else ""
        self.retired = "retire" in reply
        for name, blocks in (("read", after.ru_inblock - before.ru_inblock), ("written", after.ru_oublock - before.ru_oublock)):
            if blocks:
                extra += ',"%s":%d' % (name, blocks * 512)
        line = '{"code":%d,"cpu":%.6f,"rss":%d%s}%s\n' % (code, cpu, after.ru_maxrss * 1024, extra, result)  # json.dumps would take as long as everything else
        return line.encode("ascii")

    def prepare(self, request):
        """Applies the changes since the previous chunk: variables, arguments, log files, seed."""
        changed = request.get("set")
        if changed:
            if "numba" in sys.modules:
                changed.pop("NUMBA_NUM_THREADS", None)  # numba refuses another number once its threads run
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
                self.logs[number] = request[name]
                self.open_log(number)
            elif os.lseek(number + 1, 0, os.SEEK_CUR):
                self.open_log(number)  # the previous chunk wrote to it, so the file is stored as that chunk's log

    def flush(self):
        """Flushes the output of the chunk, by Python and by C code."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        if self.job.LIBC is not None:
            self.job.LIBC.fflush(None)

    def open_log(self, number):
        fd = os.open(self.logs[number], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644)
        os.dup2(fd, number + 1)
        os.close(fd)

    # The script

    def load(self):
        """Loads the script as __main__, with its main guard shut, and finds the function to call."""
        module = sys.modules["__main__"]  # pickles name its classes so, and spawned processes load it by its __file__ or __spec__
        path = self.job.script_path(self.script.path) if self.script.path else self.locate(module)
        with open(path, "rb") as source:
            tree = ast.parse(source.read(), path)
        exec(compile(ShutGuard().visit(tree), path, "exec", dont_inherit=True), module.__dict__)
        function = next((value for value in vars(module).values() if getattr(value, "__dbatch_process__", False)), None)
        if function is None:
            function = getattr(module, "process", None)
        if not callable(function) or getattr(function, "__module__", "") == "dbatch._main":  # the decorator itself
            raise Missing
        parameters = [p for p in inspect.signature(function).parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.takes_items = len(parameters) == 1 or bool(parameters) and parameters[0].name == "items"
        self.is_coroutine = inspect.iscoroutinefunction(function)
        self.function = function

    def locate(self, module):
        """The file of the module of `python -m`; gives `module` what relative imports need."""
        spec = importlib.util.find_spec(self.script.module)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(self.script.module + ".__main__")
        if spec is None or not (spec.origin or "").endswith(".py"):
            raise ImportError("No module named %s with Python source" % self.script.module)
        module.__spec__, module.__package__, module.__loader__, module.__file__ = spec, spec.parent, spec.loader, spec.origin
        return spec.origin

    def call(self, request):
        start, count = request["start"], request["count"]
        if self.takes_items:
            value = self.function(request.get("items") or range(start, start + count))
        else:
            value = self.function(start, count)
        if self.is_coroutine:
            import asyncio  # takes 50 ms, so only when it is needed
            return asyncio.run(value)
        return value

    def result_of(self, value):
        """The returned value as JSON text for the reply; empty for None, and when it was written to the result file."""
        if value is None:
            return ""
        text = None
        try:
            text = self.encode(value)
        except ValueError:
            pass
        if text is None:  # NaN and infinity, which the reader of the file refuses; other errors are raised again here
            text = json.dumps(value, default=plain)
        elif len(text) <= MAX_RESULT:
            return text
        path = os.environ.get("DBATCH_RESULT")
        if path:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return ""

    def has_grown(self):
        """Whether the interpreter grew beyond its limit; measured once a second."""
        now = time.monotonic()
        if now - self.measured_at < 1:
            return False
        self.measured_at = now
        with open("/proc/self/statm") as file:
            resident = int(file.read().split()[1]) * PAGE
        if self.first_size is None:
            self.first_size = resident
        return resident - self.first_size > self.growth_limit

    # The socket

    def serve(self):
        receive, send, loads = self.socket.recv, self.socket.sendall, json.loads
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
            if self.retired:
                os._exit(0)


def plain(value):
    """NumPy and torch values, sets and paths as values that JSON has."""
    for name in ("tolist", "item"):
        if hasattr(value, name):
            return getattr(value, name)()
    if isinstance(value, (set, frozenset, range)):
        return list(value)
    if hasattr(value, "__fspath__"):
        return os.fspath(value)
    raise TypeError("process() returned a %s, which JSON cannot hold; return numbers, texts, lists and dicts" % type(value).__name__)


def serve(zygote, request, job):
    """Called in the zygote's child; never returns."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    KeptInterpreter(zygote, request, job).serve()
