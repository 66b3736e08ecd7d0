"""Turns a forked child into the user's program, and ends it as the interpreter would.

Only the standard library, Python 3.8 and later.
"""
import _signal  # the module behind signal, whose enumerations are spread over pages that every job would copy
import atexit
import builtins
import gc
import importlib.machinery
import io
import itertools
import os
import runpy
import sys
import threading
import time
import types

try:
    import ctypes
    LIBC = ctypes.CDLL(None)
    LIBC.prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE; resolves the symbol before the first fork
except Exception:  # a Python without ctypes can fork too, but without parent-death signal and without flushing C buffers
    LIBC = None

PR_SET_PDEATHSIG = 1
PIPE_CAPACITY = 65536  # bytes
BLOCKED = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGCHLD)  # during a fork


def detach(parent):
    """Gives the child a session and group of its own, default signals, and SIGKILL when the zygote dies. `parent`: process id of the zygote."""
    os.setsid()
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, _signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(137)
    _signal.set_wakeup_fd(-1)
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)
    _signal.signal(_signal.SIGTERM, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, BLOCKED)


def enter_cgroup(path):
    """Moves this process into its control group. `path`: the cgroup.procs file of the group."""
    procs = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    os.write(procs, b"0")
    os.close(procs)


def set_stdin(data):
    """Makes descriptor 0 give the bytes in `data`, then end of file: a pipe when they fit, else a file in memory."""
    if not data:
        source = os.open(os.devnull, os.O_RDONLY)
    elif len(data) <= PIPE_CAPACITY:
        source, sink = os.pipe()
        os.write(sink, data)
        os.close(sink)
    else:
        source = os.memfd_create("stdin", 0)
        view = memoryview(data)
        while view:
            view = view[os.write(source, view):]
        os.lseek(source, 0, os.SEEK_SET)
    if source != 0:
        os.dup2(source, 0)
        os.close(source)


def renew(seed_text):
    """Gives the job what a process of its own would have instead of the zygote's: random numbers, and the start of logging's clock."""
    seed(seed_text)
    logging = sys.modules.get("logging")
    if logging is not None:
        logging._startTime = time.time_ns() if isinstance(logging._startTime, int) else time.time()


def seed(text):
    """Seeds the random generators with DBATCH_SEED, a decimal number, or from the system when it is something else. Without this, all children would
    have the same generator state."""
    try:
        number = int(text) & 0xFFFFFFFF
    except (TypeError, ValueError):
        number = None
    modules = sys.modules
    if "random" in modules:
        modules["random"].seed(number)
    try:
        if "numpy.random" in modules:
            modules["numpy.random"].seed(number)
        if "torch" in modules:
            torch = modules["torch"]
            if number is None:
                torch.default_generator.seed()
            else:
                torch.default_generator.manual_seed(number)
            if torch.version.cuda or getattr(torch.version, "hip", None):
                # takes effect when CUDA starts; slow, so only with a GPU build
                torch.cuda.seed_all() if number is None else torch.cuda.manual_seed_all(number)
    except Exception:  # a library that failed to import fails in the job
        pass


def become_main(path):
    """Creates a new __main__, as the interpreter does for `python script.py`. The imports see it, so the job runs in the same one."""
    main = types.ModuleType("__main__")
    main.__dict__.update(
        __builtins__=builtins, __file__=path, __cached__=None, __loader__=importlib.machinery.SourceFileLoader("__main__", path))
    if sys.version_info < (3, 14):
        main.__dict__["__annotations__"] = {}
    sys.modules["__main__"] = main
    return main


def become_main_module():
    """The same for `python -m`, which fills it when the module runs."""
    main = types.ModuleType("__main__")
    main.__builtins__ = builtins
    sys.modules["__main__"] = main


def script_path(script):
    """The script's path as in __file__ and tracebacks: absolute since 3.9, but not normalised."""
    return script if os.path.isabs(script) or sys.version_info < (3, 9) else os.getcwd() + "/" + script


def run_script(code, script):
    """Runs compiled code as __main__. Without code, compiles the script again, which raises its SyntaxError."""
    path = script_path(script)
    main = sys.modules["__main__"]
    if not isinstance(code, types.CodeType):
        with open(script, "rb") as source:
            code = compile(source.read(), path, "exec", dont_inherit=True)  # raises the SyntaxError here, where it is printed
    exec(code, main.__dict__)


def run_module(name):
    """Runs a module as `python -m` does."""
    runpy._run_module_as_main(name)


def own_frames_removed(error, own):
    """The traceback without the frames whose file name starts with `own`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(own):
        trace = trace.tb_next
    if isinstance(error, (SyntaxError, ImportError, FileNotFoundError)) or trace is not None:
        return trace
    return error.__traceback__


def explain(error, own):
    """Prints an unhandled exception through sys.excepthook, as the interpreter does; returns the exit code."""
    trace = own_frames_removed(error, own)
    error.__traceback__ = trace
    sys.last_type, sys.last_value, sys.last_traceback, sys.last_exc = type(error), error, trace, error
    hook = getattr(sys, "excepthook", sys.__excepthook__)
    second = None
    try:
        hook(type(error), error, trace)
    except SystemExit as leaving:
        return exit_code(leaving)
    except BaseException as failure:
        second = failure
    if second is not None:
        sys.stderr.write("Error in sys.excepthook:\n")
        sys.__excepthook__(type(second), second.with_traceback(own_frames_removed(second, own)), second.__traceback__)
        sys.stderr.write("\nOriginal exception was:\n")
        sys.__excepthook__(type(error), error, trace)
    return 1


def exit_code(leaving):
    """The exit code of a SystemExit. A text is printed on standard error."""
    code = leaving.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF if -(1 << 63) <= code < 1 << 63 else 0xFF
    try:
        sys.stdout.flush()
    except Exception:
        pass
    try:
        sys.stderr.write(str(code) + "\n")
    except Exception:
        pass
    return 1


def call(program, *arguments):
    """Runs the program; returns (exit code, whether SIGINT ended it). The exception is printed after the except clause. Otherwise an error in
    sys.excepthook would seem to have happened while that exception was handled."""
    raised = None
    try:
        program(*arguments)
        return 0, False
    except SystemExit as leaving:
        return exit_code(leaving), False
    except BaseException as error:
        raised = error
    interrupted = isinstance(raised, KeyboardInterrupt)
    code = explain(raised, "<dbatch ")
    return (130 if interrupted else code), interrupted


def flush_open_files():
    """Flushes files that are still open. The interpreter does that when it destroys its objects, which a job skips."""
    for thing in gc.get_objects():
        if issubclass(type(thing), (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)):  # isinstance would ask proxies for their class
            try:
                if not thing.closed and thing.writable():
                    thing.flush()
            except Exception:
                pass


def drop_objects(known):
    """Removes the globals of __main__ and the job's own modules, so that finalizers run as at interpreter exit. `known`: number of modules before
    the job."""
    main = sys.modules.get("__main__")
    if main is not None:
        names = vars(main)
        for private in (True, False):
            for name in list(names):
                if name != "__builtins__" and not name.startswith("__") and name.startswith("_") == private:
                    names[name] = None
    del main
    # The job's own modules are the last ones. Reading the names of the others would copy their pages.
    for name in list(itertools.islice(reversed(sys.modules), max(0, len(sys.modules) - known))):
        sys.modules.pop(name, None)
    gc.collect()


def finish(code, interrupted, known):
    """Ends the process as the interpreter does: waits for threads, runs exit handlers, flushes. Skips the destruction of all objects. `known`:
    number of modules before the job."""
    try:
        threading._shutdown()
    except BaseException as error:
        sys.__excepthook__(type(error), error, error.__traceback__)
    try:
        atexit._run_exitfuncs()
    except BaseException:
        pass
    if len(sys._current_frames()) == 1:  # daemon threads may still use the globals
        drop_objects(known)
    flush_open_files()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BaseException as error:
            if stream is sys.stdout:
                code = 120  # the interpreter's exit code when its last flush fails
                try:
                    print("Exception ignored in:", stream, file=sys.stderr)
                    sys.__excepthook__(type(error), error.with_traceback(None), None)
                except Exception:
                    pass
    if LIBC is not None:
        LIBC.fflush(None)  # the output of C code
    if interrupted:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        os.kill(os.getpid(), _signal.SIGINT)
    os._exit(code)
