"""Finds the imports of a script that can be done once for all its chunks, does them, and checks that forking is still safe.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import ast
import gc
import importlib.machinery
import os
import sys
import sysconfig
import time


class Unsupported(Exception):
    """A fork of this script would not behave like a process of its own; the text says why."""


def installed_directories():
    """Directories whose modules do not change during a run: the standard library and installed packages; each with a slash at the end."""
    paths = sysconfig.get_paths()
    directories = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib") if paths.get(key)}
    directories.update(path for path in sys.path if os.path.basename(path.rstrip("/")) in ("site-packages", "dist-packages", "lib-dynload"))
    return tuple(os.path.realpath(directory) + os.sep for directory in directories)


def imports_of(tree):
    """The import statements that always run: those at the top level, also inside try, with and if, but not in functions or under a main guard."""
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
    """Whether the file has process() at its top level, for a kept interpreter to call."""
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


class ImportPlan:
    """The modules to import, from the syntax trees of the script and of the local modules that it imports. Local modules themselves are not
    imported: they may change, and what they do when they are imported belongs to the job."""

    def __init__(self, script, directory, module):
        self.script = script          # path of the file that runs
        self.directory = directory    # sys.path[0] of the job; None when the interpreter sets none
        self.module = module          # dotted name for -m, else None
        self.wanted = []              # (module, imported names) in the order of the source
        self.files = {}               # path of a local file -> (mtime in ns, size), to detect changes
        self.has_process = False
        self._installed = installed_directories()
        self._path = [directory] + sys.path if directory else list(sys.path)
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
            return  # the job reports the error
        self.files[file] = (found.st_mtime_ns, found.st_size)
        if first:
            self.has_process = defines_process(tree)
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
        if origin is None or top == self._own or not origin.startswith(self._installed):
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
        """Whether a file that was read has changed or was removed."""
        for file, version in self.files.items():
            try:
                found = os.stat(file)
            except OSError:
                return True
            if (found.st_mtime_ns, found.st_size) != version:
                return True
        return False


def threads():
    """Number of threads of this process, with threads of libraries that Python does not know."""
    return len(os.listdir("/proc/self/task"))


def is_single_threaded():
    """
    Whether this process has a single thread when it forks. OpenBLAS starts threads when it is loaded and ends them before a fork
    (pthread_atfork), so a trial fork decides.
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
        time.sleep(0.005)  # procfs lists a joined thread for a moment longer
    return False


def cuda_is_initialised():
    """Whether CUDA or HIP is initialised, after which forked children cannot use the GPU. NVML alone does not open nvidia-uvm, and reading /sys
    does not open kfd."""
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
    Does the imports of the plan, without the top-level modules in `excluded`. Returns (list of imported modules, unsafe module as (name, reason) or
    None). After an unsafe module this process must not fork; the caller starts another one without it. `before`: top-level modules that were loaded
    before any import.
    """
    imported = []
    for name, names in plan.wanted:
        top = name.partition(".")[0]
        if top in excluded:
            continue
        try:
            __import__(name, {"__name__": "__preload__"}, {}, list(names))
            imported.append(name)
        except BaseException:  # it fails again in the job, which reports it
            pass
        if not is_single_threaded():
            return imported, (top, "it starts threads when it is imported")
        if cuda_is_initialised():
            return imported, (top, "it initialises CUDA when it is imported")
    fix_torch_threads()
    shadowed = shadowing_entry(plan.directory, before)
    if shadowed:
        raise Unsupported("%s in the script's directory has the name of a module that is loaded already; rename it, or use --warm off" % shadowed)
    return imported, None


def shadowing_entry(directory, before):
    """A file in the script's directory that a job would import instead of a module that is loaded already; None when there is none."""
    if not directory:
        return None
    try:
        entries = os.listdir(directory)
    except OSError:
        return None
    loaded = {name.partition(".")[0] for name in sys.modules} - before - set(sys.builtin_module_names)
    for entry in entries:
        stem, dot, _ = entry.partition(".")
        if stem in loaded and ((dot and entry.endswith((".py", ".so"))) or os.path.isfile(os.path.join(directory, entry, "__init__.py"))):
            return entry
    return None


def fix_torch_threads():
    """Sets torch's number of threads to 1 where it is 1 already. The first call starts and ends threads for all cores, which takes some
    milliseconds; without this, every job that sets its threads would pay for it."""
    torch = sys.modules.get("torch")
    try:
        if torch is not None and torch.get_num_threads() == 1:
            torch.set_num_threads(1)
    except Exception:  # a library that failed to import fails in the job
        pass


def freeze_heap():
    """Excludes all present objects from garbage collection, because a collection in a child would copy their pages."""
    gc.collect()
    gc.disable()
    gc.freeze()
