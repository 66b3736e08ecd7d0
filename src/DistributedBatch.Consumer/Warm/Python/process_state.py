"""What every fork shares with the process that forked it, or inherits from it where a process of its own would have its own.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import _locale
import collections
import os
import signal
import sys
import threading
import weakref

# Exit handlers that end or free what their own process has, and nothing that it shares with other jobs.
HARMLESS_HANDLERS = frozenset(
    ["logging.shutdown", "weakref.finalize._exitfunc", "multiprocessing.util._exit_function", "concurrent.futures.thread._python_exit",
     "concurrent.futures.process._python_exit", "PIL._imaging.clear_cache", "llvmlite.binding.common._at_shutdown",
     "matplotlib._pylab_helpers.Gcf.destroy_all", "torch.utils.data._utils._set_python_exit_flag",
     "numba.core.runtime.nrt._Runtime.shutdown", "numba.core.utils._at_shutdown"])
HARMLESS_FILES = ("/dev/null", "/dev/random", "/dev/urandom")


class ProcessState:
    """The state at one moment."""

    def __init__(self):
        self._files = open_files()
        self._shared = shared_memory()
        self._handlers = collections.Counter(exit_handlers())
        self._settings = settings()

    def change(self):
        """What a module has changed since then, as the end of "… is not preloaded: "; None for nothing."""
        if child_processes():
            return "it starts a process when it is imported"
        new = open_files().items() - self._files.items()
        if new:
            return "it keeps a file or a connection open when it is imported (%s)" % min(new)[1]
        if shared_memory() - self._shared:
            return "it makes memory that all forks would share when it is imported"
        for handler in collections.Counter(exit_handlers()) - self._handlers:
            return "it registers an exit handler when it is imported (%s)" % handler
        now = settings()
        for name, value in self._settings.items():
            if now[name] != value:
                return "it changes %s when it is imported" % name
        return None


def open_files():
    """Open descriptors with what they lead to, without those that are harmless to share."""
    found = {}
    for fd in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink("/proc/self/fd/" + fd)
        except OSError:
            continue  # that of the listing
        if target not in HARMLESS_FILES:
            found[int(fd)] = target
    return found


def shared_memory():
    """Writable mappings that a fork shares instead of copying: mapped files, and the semaphores of multiprocessing."""
    found = collections.Counter()
    with open("/proc/self/maps") as maps:
        for line in maps:
            words = line.split(None, 5)
            if words[1][1] == "w" and words[1][3] == "s":
                found[words[5].strip() if len(words) > 5 else ""] += 1
    return found


def child_processes():
    """Process ids of children that have not been reaped."""
    try:
        with open("/proc/self/task/%d/children" % os.getpid()) as children:
            return children.read().split()
    except OSError:
        return []  # a kernel without that file


def exit_handlers():
    """Names of the finalizers that run when the interpreter exits. ImportWatch sees those of atexit, which cannot be listed."""
    handlers = list(getattr(threading, "_threading_atexits", ()))
    handlers.extend(entry.func for entry in list(getattr(weakref.finalize, "_registry", {}).values()) if entry.atexit)
    util = sys.modules.get("multiprocessing.util")
    handlers.extend(entry._callback for entry in list(getattr(util, "_finalizer_registry", {}).values()) if entry._exitpriority is not None)
    return [name for name in map(name_of, handlers) if name not in HARMLESS_HANDLERS]


def name_of(function):
    function = getattr(function, "func", function)  # of a functools.partial
    return "%s.%s" % (getattr(function, "__module__", "?"), getattr(function, "__qualname__", type(function).__name__))


def settings():
    """Settings of the process by what they are called in a sentence."""
    umask = os.umask(0o22)
    os.umask(umask)
    return {
        "sys.path": list(sys.path),
        "the working directory": os.getcwd(),
        "the file mode mask": umask,
        "the locale": _locale.setlocale(_locale.LC_ALL, None),
        "signal handlers": [signal.getsignal(number) for number in range(1, signal.NSIG) if number not in (signal.SIGKILL, signal.SIGSTOP)],
        "timers": [signal.getitimer(which) for which in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)],
    }
