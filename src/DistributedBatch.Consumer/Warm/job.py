"""Turns a freshly forked child into the program a user asked for, and ends it as the interpreter would.

Only the standard library, Python 3.8 and later.
"""
import _signal  # what signal wraps; its enumerations are spread over pages that every job would have to copy
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
import types

try:
    import ctypes
    LIBC = ctypes.CDLL(None)
    LIBC.prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE: resolves the symbol once, before any fork
except Exception:  # a Python built without ctypes still forks; only the parent-death signal and the C buffers are lost
    LIBC = None

PR_SET_PDEATHSIG = 1
PIPE_CAPACITY = 65536
BLOCKED = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGCHLD)  # while a fork is under way


def detach(parent):
    """Own session and group, dies with the zygote, default signals; those that were blocked over the fork come again."""
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


def enter(group):
    """Moves this process into its control group; all it will ever start is born there."""
    door = os.open(group, os.O_WRONLY | os.O_CLOEXEC)
    os.write(door, b"0")
    os.close(door)


def give_stdin(data):
    """Makes file descriptor 0 hold the data, then end of file. A pipe where it fits, as a plain start would have; else a file without a name."""
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


def seed(text):
    """Gives each chunk its own stable randomness: every child would otherwise inherit the same generator state."""
    try:
        number = int(text) & 0xFFFFFFFF
    except (TypeError, ValueError):
        return
    modules = sys.modules
    if "random" in modules:
        modules["random"].seed(number)
    try:
        if "numpy.random" in modules:
            modules["numpy.random"].seed(number)
        if "torch" in modules:
            torch = modules["torch"]
            torch.default_generator.manual_seed(number)
            if torch.version.cuda or getattr(torch.version, "hip", None):
                torch.cuda.manual_seed_all(number)  # queued until CUDA starts; formats a stack, so only where there can be a GPU
    except Exception:  # a half imported library is the job's business
        pass


def become_main(path):
    """A fresh __main__ as the interpreter makes it for `python script.py`."""
    main = types.ModuleType("__main__")
    main.__dict__.update(
        __builtins__=builtins, __file__=path, __cached__=None, __loader__=importlib.machinery.SourceFileLoader("__main__", path))
    if sys.version_info < (3, 14):
        main.__dict__["__annotations__"] = {}
    sys.modules["__main__"] = main
    return main


def script_path(script):
    """The script as the interpreter names it in __file__ and tracebacks: absolute since 3.9, but not tidied."""
    return script if os.path.isabs(script) or sys.version_info < (3, 9) else os.getcwd() + "/" + script


def run_script(code, script):
    """Runs compiled code, or the reason it did not compile, as __main__."""
    path = script_path(script)
    main = become_main(path)
    if not isinstance(code, types.CodeType):
        with open(script, "rb") as source:
            code = compile(source.read(), path, "exec", dont_inherit=True)  # raises the SyntaxError again, here where it can be printed
    exec(code, main.__dict__)


def run_module(name):
    """Runs a module as `python -m` does, with the interpreter's own function for it."""
    main = types.ModuleType("__main__")
    main.__builtins__ = builtins
    sys.modules["__main__"] = main
    runpy._run_module_as_main(name)


def strip(error, own):
    """The traceback without the frames of this program."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(own):
        trace = trace.tb_next
    if isinstance(error, (SyntaxError, ImportError, FileNotFoundError)) or trace is not None:
        return trace
    return error.__traceback__


def explain(error, own):
    """Prints an unhandled exception as the interpreter would, through sys.excepthook."""
    trace = strip(error, own)
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
        sys.__excepthook__(type(second), second.with_traceback(strip(second, own)), second.__traceback__)
        sys.stderr.write("\nOriginal exception was:\n")
        sys.__excepthook__(type(error), error, trace)
    return 1


def exit_code(leaving):
    """The exit code of a SystemExit; a text goes to standard error."""
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
    """Runs the program; returns (exit code, whether Ctrl-C ended it). What it raised is explained after the except clause, so that an error in
    sys.excepthook does not appear to have happened while ours was handled."""
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
    """Files that are still open and have buffered text: the interpreter flushes them when it tears its objects down, which we leave out."""
    for thing in gc.get_objects():
        if isinstance(thing, (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)):
            try:
                if not thing.closed and thing.writable():
                    thing.flush()
            except Exception:
                pass


def drop_objects(known):
    """Lets finalizers run: the globals of __main__ and the modules beyond the number known before go, as at interpreter exit."""
    main = sys.modules.get("__main__")
    if main is not None:
        names = vars(main)
        for private in (True, False):
            for name in list(names):
                if name != "__builtins__" and not name.startswith("__") and name.startswith("_") == private:
                    names[name] = None
    del main
    # The job's own modules came last. Looking at the others' names would copy the pages they are on.
    for name in list(itertools.islice(reversed(sys.modules), max(0, len(sys.modules) - known))):
        sys.modules.pop(name, None)
    gc.collect()


def finish(code, interrupted, known):
    """Ends the process as the interpreter does: waits for threads, runs exit handlers, flushes. Then leaves without tearing everything down."""
    try:
        threading._shutdown()
    except BaseException as error:
        sys.__excepthook__(type(error), error, error.__traceback__)
    try:
        atexit._run_exitfuncs()
    except BaseException:
        pass
    if len(sys._current_frames()) == 1:  # daemon threads would stumble over vanished globals
        drop_objects(known)
    flush_open_files()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BaseException as error:
            if stream is sys.stdout:
                code = 120  # what the interpreter exits with when its last flush fails
                try:
                    print("Exception ignored in:", stream, file=sys.stderr)
                    sys.__excepthook__(type(error), error.with_traceback(None), None)
                except Exception:
                    pass
    if LIBC is not None:
        LIBC.fflush(None)  # what C code printed
    if interrupted:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        os.kill(os.getpid(), _signal.SIGINT)
    os._exit(code)
