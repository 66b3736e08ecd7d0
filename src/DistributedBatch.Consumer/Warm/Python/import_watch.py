"""Notes what imports ask of the system: what is the job's own, such as arguments and process id, and what would be made once instead of once per job.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import atexit
import functools
import os
import random
import sys
import types

from _dbatch_process_state import HARMLESS_HANDLERS, name_of

# Variables that differ between the chunks of a run. ZygoteKey.IsChunkVariable has the same list.
CHUNK_VARIABLES = (b"DBATCH_", b"CONSUMER_WORKER", b"TRACEPARENT", b"CUDA_VISIBLE_DEVICES", b"HIP_VISIBLE_DEVICES")

# Libraries that ask for the process id while they are imported, and do not keep it where a job would use it.
ASK_FOR_PROCESS_ID = ("joblib", "numpy", "psutil")

STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
RANDOM_MODULES = ("random", "secrets", "uuid")


class ImportWatch:
    """Watches from its creation to stop(). Its first finding is in `finding`, as the end of "… is not preloaded: "."""

    def __init__(self, argv0, generators):
        self.finding = None
        self.looked_up = set()  # top-level names of modules that imports searched for, found or not
        self._generators = generators
        self._known = set(sys.modules)
        self._originals = []  # (module, name, function)
        self._replace(atexit, "register", self._registers)
        self._replace(os, "getpid", self._asks_for_process_id)
        self._replace(os, "mkdir", self._makes_directory)
        self._replace(os, "open", self._opens)
        self._replace(os, "urandom", self._draws)
        self._replace(random, "_urandom", self._draws)
        sys.argv = _Arguments([argv0])
        sys.argv.note = self._note
        self._set_environment(_Variables(os.environ._data))
        os.environ._data.note = self._note
        sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        """Called by the import system for each module that is not loaded yet. Finds nothing."""
        self.looked_up.add(name.partition(".")[0])
        self._generators.note()

    def stop(self):
        """Ends the watch, and gives modules that took a watched function by name the real one."""
        sys.meta_path.remove(self)
        sys.argv = list(sys.argv)
        self._set_environment(dict(os.environ._data))
        real = {}
        for module, name, function in self._originals:
            real[getattr(module, name)] = function
            setattr(module, name, function)
        for name in set(sys.modules) - self._known:
            names = getattr(sys.modules[name], "__dict__", {})
            for key, value in list(names.items()):
                if type(value) is types.FunctionType and value in real:
                    names[key] = real[value]

    def _note(self, finding):
        self.finding = self.finding or finding + " when it is imported"

    def _replace(self, module, name, note):
        original = getattr(module, name)

        @functools.wraps(original)
        def watched(*arguments, **options):
            note(*arguments)
            return original(*arguments, **options)

        self._originals.append((module, name, original))
        setattr(module, name, watched)

    @staticmethod
    def _set_environment(variables):
        os.environ._data = os.environb._data = variables

    # What imports do

    def _registers(self, handler, *_):
        compiled = sys._getframe(2).f_code.co_filename.startswith("<")  # a compiled module, such as torch's, frees what it has
        if name_of(handler) not in HARMLESS_HANDLERS and not compiled:
            self.finding = self.finding or "it registers an exit handler when it is imported (%s)" % name_of(handler)

    def _asks_for_process_id(self):
        frame = sys._getframe(2)
        file = frame.f_code.co_filename
        if package_of(frame) not in ASK_FOR_PROCESS_ID and not file.startswith("<") and not is_standard(file):  # the standard library notices forks
            self._note("it keeps the process id")

    def _makes_directory(self, path, *_):
        if not os.path.exists(path):
            self._note("it makes a directory")

    def _opens(self, path, flags, *_):
        if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or os.fsdecode(path).startswith("/dev/"):
            return
        if sys._getframe(2).f_code.co_name != "_get_default_tempdir":  # tempfile tries whether it can write
            self._note("it writes a file")

    def _draws(self, *_):
        frame = sys._getframe(2)
        while frame is not None and frame.f_globals.get("__name__") in RANDOM_MODULES:
            frame = frame.f_back
        file = frame.f_code.co_filename if frame is not None else "<"
        if not file.startswith("<") and not is_standard(file):  # NumPy seeds itself from compiled code
            self._note("it draws random numbers")


def package_of(frame):
    """The top-level name of the module whose code a frame runs."""
    return (frame.f_globals.get("__name__") or "").partition(".")[0]


def is_standard(file):
    """Whether a source file belongs to the standard library."""
    return file.startswith(STANDARD_LIBRARY) and "-packages" + os.sep not in file


class _Variables(dict):
    """The environment. It has no variables of a chunk, so every use of one is a miss."""

    def __missing__(self, key):
        if key.startswith(CHUNK_VARIABLES):
            self.note("it reads the variable %s" % os.fsdecode(key))
        raise KeyError(key)


class _Arguments(list):
    """sys.argv, without the arguments, which differ between chunks."""

    def _watched(name):
        original = getattr(list, name)

        def method(self, *arguments):
            self.note("it reads sys.argv")
            return original(self, *arguments)
        return method

    for _name in ("__getitem__", "__iter__", "__len__", "__contains__", "__eq__", "__add__", "copy", "index", "pop"):
        locals()[_name] = _watched(_name)
    del _name, _watched
    __hash__ = None
