"""Finds the imports of a script that are safe to do once for all its chunks, does them, and checks that forking is still safe.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import ast
import gc
import importlib.machinery
import os
import sys
import sysconfig
import time


class Unfit(Exception):
    """This script cannot be forked faithfully; the text says why, for people."""


def installed_places():
    """Directories whose modules do not change while a run is on: the standard library and what is installed beside it."""
    paths = sysconfig.get_paths()
    places = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib") if paths.get(key)}
    places.update(path for path in sys.path if os.path.basename(path.rstrip("/")) in ("site-packages", "dist-packages", "lib-dynload"))
    return tuple(os.path.realpath(place) + os.sep for place in places)


def imports_of(tree):
    """The import statements that run whenever the file runs: top level, also inside try, with and if, but not in functions or under a main guard."""
    found = []

    def walk(body):
        for node in body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                found.append(node)
            elif isinstance(node, ast.If):
                test = ast.dump(node.test)
                if "'__main__'" not in test and "TYPE_CHECKING" not in test:
                    walk(node.body)
                    walk(node.orelse)
            elif isinstance(node, ast.Try):
                walk(node.body)
                walk(node.orelse)
                walk(node.finalbody)
            elif isinstance(node, ast.With):
                walk(node.body)

    walk(tree.body)
    return found


def defines_process(tree):
    """Whether the file offers process() at its top level, so that a kept interpreter has something to call."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            marks = [getattr(mark, "attr", getattr(mark, "id", None)) for mark in node.decorator_list]
            if node.name == "process" or "process" in marks:
                return True
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "process" for t in node.targets):
            return True
        if isinstance(node, ast.ImportFrom) and node.module != "dbatch" and any((a.asname or a.name) in ("process", "*") for a in node.names):
            return True
    return False


class Plan:
    """What to import, read from the script's syntax tree and those of the local modules it imports. Local modules themselves are not imported: they
    change, and what they do at import belongs to the job."""

    def __init__(self, script, place, module):
        self.script = script          # the file that runs
        self.place = place            # sys.path[0] of the job; None when the interpreter sets none
        self.module = module          # dotted name for -m, else None
        self.wanted = []              # (module, names) in the order of the source
        self.files = {}               # local file -> (mtime, size), to see changes
        self.offers_process = False
        self._places = installed_places()
        self._path = [place] + sys.path if place else list(sys.path)
        self._own = module.split(".")[0] if module else None
        self._scan(script, first=True)

    def _scan(self, file, first=False):
        if file in self.files:
            return
        try:
            found = os.stat(file)
            with open(file, "rb") as source:
                tree = ast.parse(source.read(), file)
        except (OSError, SyntaxError, ValueError, RecursionError):
            return  # the job itself will say what is wrong with it
        self.files[file] = (found.st_mtime_ns, found.st_size)
        if first:
            self.offers_process = defines_process(tree)
        for node in imports_of(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._consider(alias.name, ())
            elif not node.level and node.module and node.module != "__future__":
                self._consider(node.module, tuple(alias.name for alias in node.names if alias.name != "*"))
            elif node.level and self.module is None and not first:
                self._relative(file, node)

    def _relative(self, file, node):
        base = os.path.dirname(file)
        for _ in range(node.level - 1):
            base = os.path.dirname(base)
        for name in [node.module] if node.module else [alias.name for alias in node.names]:
            self._local(os.path.join(base, *name.split(".")))

    def _local(self, stem):
        for file in (stem + ".py", os.path.join(stem, "__init__.py")):
            if os.path.isfile(file):
                self._scan(file)

    def _consider(self, name, names):
        top = name.partition(".")[0]
        if top in sys.builtin_module_names or (name, names) in self.wanted:
            return
        try:
            spec = importlib.machinery.PathFinder.find_spec(top, self._path)
        except Exception:
            return
        if spec is None:
            return
        origin = os.path.realpath(spec.origin) if spec.origin else None
        if origin is None or top == self._own or not origin.startswith(self._places):
            if origin is not None:
                # a local package: its __init__, and every submodule named
                self._scan(spec.origin)
                parts = name.split(".")[1:]
                root = os.path.dirname(spec.origin)
                for depth in range(1, len(parts) + 1):
                    self._local(os.path.join(root, *parts[:depth]))
                if spec.submodule_search_locations:
                    for child in names:
                        self._local(os.path.join(root, *parts, child))
            return
        self.wanted.append((name, names))

    def changed(self):
        """Whether a file that was read has changed since, or went away."""
        for file, seen in self.files.items():
            try:
                found = os.stat(file)
            except OSError:
                return True
            if (found.st_mtime_ns, found.st_size) != seen:
                return True
        return False


def threads():
    """Threads of this process as the kernel counts them; library threads that Python does not know are in it."""
    return len(os.listdir("/proc/self/task"))


def forks_alone():
    """
    Whether a fork would come from a single thread. OpenBLAS starts its threads when it is loaded but ends them itself before a fork
    (pthread_atfork), so one fork for trial decides.
    """
    if threads() == 1:
        return True
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    for _ in range(20):
        if threads() == 1:
            return True
        time.sleep(0.005)  # a joined thread leaves procfs a moment later
    return False


def cuda_is_initialised():
    """Whether CUDA or HIP runs here: a forked child could not use the GPU any more. NVML alone opens no nvidia-uvm, and reading /sys no kfd."""
    torch = sys.modules.get("torch")
    try:
        if torch is not None and torch.cuda.is_initialized():
            return True
    except Exception:
        pass
    try:
        for fd in os.listdir("/proc/self/fd"):
            try:
                if os.readlink("/proc/self/fd/" + fd).startswith(("/dev/nvidia-uvm", "/dev/kfd")):
                    return True
            except OSError:
                pass
    except OSError:
        pass
    return False


def run(plan, excluded, before):
    """
    Imports what the plan wants. Returns (imported, skipped as name -> reason, culprit as (name, reason) or None). With a culprit this process is
    spoilt and must start again without it. `before` are the modules the bare interpreter had.
    """
    imported, skipped = [], {}
    for name, names in plan.wanted:
        top = name.partition(".")[0]
        if top in excluded:
            skipped[top] = excluded[top]
            continue
        try:
            __import__(name, {"__name__": "__preload__"}, {}, list(names))
            imported.append(name)
        except BaseException as error:  # the job will meet it again, in its own output
            skipped[name] = "%s: %s" % (type(error).__name__, error)
        if not forks_alone():
            return imported, skipped, (top, "it starts threads when it is imported")
        if cuda_is_initialised():
            return imported, skipped, (top, "it initialises CUDA when it is imported")
    agree_with_torch()
    shadowed = shadows(plan.place, before)
    if shadowed:
        raise Unfit("%s in the script's directory has the name of a module that is loaded already; rename it, or use --warm off" % shadowed)
    return imported, skipped, None


def shadows(place, before):
    """A file in the script's directory that would have been imported in place of a module the zygote has loaded; None when there is none."""
    if not place:
        return None
    try:
        entries = os.listdir(place)
    except OSError:
        return None
    loaded = {name.partition(".")[0] for name in sys.modules} - before - set(sys.builtin_module_names)
    for entry in entries:
        stem, dot, _ = entry.partition(".")
        if stem in loaded and ((dot and entry.endswith((".py", ".so"))) or os.path.isfile(os.path.join(place, entry, "__init__.py"))):
            return entry
    return None


def agree_with_torch():
    """Sets the number of threads that torch has anyway, where that is one. The first call makes a pool of threads for all cores and ends it; every job that
    sets its threads would pay for that, some milliseconds of a chunk."""
    torch = sys.modules.get("torch")
    try:
        if torch is not None and torch.get_num_threads() == 1:
            torch.set_num_threads(1)
    except Exception:  # a half imported library is the job's business
        pass


def settle():
    """Takes everything that exists now out of the collector's sight, so that no child's collection copies the pages it lives on."""
    gc.collect()
    gc.disable()
    gc.freeze()
