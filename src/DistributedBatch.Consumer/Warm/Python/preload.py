"""Does the imports of a plan, and finds those after which a fork would not be like a process of its own.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import atexit
import gc
import os
import sys
import time

from _dbatch_generators import Generators
from _dbatch_import_watch import ImportWatch
from _dbatch_process_state import ProcessState


class Unsupported(Exception):
    """A fork of this script would not behave like a process of its own; the text says why."""


class Unsafe(Exception):
    """After this import the process must not fork; another one is started that leaves it, and all that follow, to the jobs."""

    def __init__(self, module, reason):
        super().__init__(module, reason)
        self.module = module
        self.reason = reason


class Hidden:
    """Finds nothing in the script's directory. The directory is on sys.path, as in a job, but its modules are the job's."""

    @staticmethod
    def find_spec(name, target=None):
        return None

    @staticmethod
    def invalidate_caches():
        pass


class Preload:
    """What was imported, and what was not."""

    def __init__(self, plan, excluded):
        self.plan = plan
        self.imported = []
        self.check_seconds = 0          # processor time of the checks, which no job saves
        self.left = plan.left           # top-level names of modules that the jobs import
        self.reason = plan.left_reason  # why; None when the job itself reports it
        self.count = next((at for at, (name, _) in enumerate(plan.wanted) if top_of(name) in excluded), len(plan.wanted))
        if self.count < len(plan.wanted):
            rest = [top_of(name) for name, _ in plan.wanted[self.count:]] + plan.left
            self.left = list(dict.fromkeys(rest))
            self.reason = excluded[rest[0]]

    def run(self, import_output, argv0, before):
        """Does the imports. `before`: modules that were loaded before any import of the zygote's own."""
        directory = self.plan.directory
        if directory:
            sys.path_importer_cache[directory] = Hidden()
        try:
            watch = self._import(import_output, argv0)
        finally:
            sys.path_importer_cache.pop(directory, None)
        fix_torch_threads()
        shadowed = shadowing_entry(directory, before, watch.looked_up)
        if shadowed:
            raise Unsupported("%s in the script's directory has the name of a module that is loaded already; rename it, or use --warm off" % shadowed)

    def _import(self, import_output, argv0):
        generators = Generators()
        made = generators.change() or atexit._ncallbacks() and "it registers an exit handler when it is imported"
        if made:
            raise Unsupported("forks must not share what the interpreter loads at its start (sitecustomize, a .pth file): %s" % made)
        state = ProcessState()
        gc.freeze()
        watch = ImportWatch(argv0, generators)
        for name, names in self.plan.wanted[:self.count]:
            is_new = name not in sys.modules
            try:
                __import__(name, {"__name__": "__preload__"}, {}, list(names))
            except BaseException:  # it fails again in the job, which handles or reports it
                raise Unsafe(top_of(name), "its import fails") from None
            started = time.process_time()
            reason = (
                "it starts threads when it is imported" if not is_single_threaded() else
                "it initialises CUDA when it is imported" if cuda_is_initialised() else
                "it reads standard input when it is imported" if import_output.stdin_was_read() else
                state.change() or generators.change() or watch.finding)
            if reason:
                raise Unsafe(top_of(name), reason)
            if is_new:
                self.imported.append(name)
            gc.freeze()  # the next search for generators leaves out what is there now
            self.check_seconds += time.process_time() - started
        watch.stop()
        return watch


def top_of(name):
    return name.partition(".")[0]


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


def shadowing_entry(directory, before, looked_up):
    """
    An entry of the script's directory that a job would import instead of a module that is loaded, or that a library did not find here; None when
    there is none. `looked_up`: top-level names that the imports searched for.
    """
    if not directory:
        return None
    try:
        entries = os.listdir(directory)
    except OSError:
        return None
    loaded = {top_of(name) for name in sys.modules}
    names = (loaded | looked_up) - {top_of(name) for name in before} - set(sys.builtin_module_names)
    for entry in sorted(entries):
        stem, dot, _ = entry.partition(".")
        if stem not in names:
            continue
        path = os.path.join(directory, entry)
        if entry.endswith((".py", ".pyc", ".so")) or os.path.isfile(os.path.join(path, "__init__.py")):
            return entry
        if not dot and stem not in loaded and os.path.isdir(path):
            return entry  # a directory without __init__.py is found where nothing else has the name
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
