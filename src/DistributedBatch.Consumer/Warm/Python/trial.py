"""Ends a trial before it does anything that cannot be undone: the same chunk has been run in a process of its own already.

Only the standard library, Python 3.8 and later. Runs in the job of a trial.
"""
import os
import signal
import sys

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
TEMPORARY = getattr(os, "O_TMPFILE", 0)  # a file without a name
OTHER_PROGRAMS = frozenset(["os.exec", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn"])
SPAWNING_MODULES = ("multiprocessing.popen_spawn_posix", "multiprocessing.popen_forkserver", "joblib.externals.loky.backend.popen_loky_posix")
ONE_PATH = frozenset(["os.chmod", "os.chown", "os.remove", "os.removexattr", "os.rmdir", "os.setxattr", "os.truncate", "os.utime"])
TWO_PATHS = frozenset(["os.link", "os.rename", "os.symlink"])


class Guard:
    """Watches the audit events of this process and of those it forks."""

    def __init__(self, note, own):
        self._note = note  # file for what the trial was about to do, as the end of "the script …"
        self._own = [os.path.realpath(path) for path in own if path] + ["/dev", "/proc"]
        self._made = set()  # files and directories that the trial made: they are not those of the first run
        self._ended = False

    def start(self):
        sys.addaudithook(self.check)

    def check(self, event, arguments):
        """The audit hook."""
        if self._ended:
            return
        if event == "open":
            self._check_open(*arguments)
        elif event == "os.mkdir":
            self._check_new(arguments[0])
        elif event in ONE_PATH:
            self._check_path(arguments[0], arguments[-1] if event in ("os.remove", "os.rmdir") else -1)
        elif event in TWO_PATHS:
            if not os.fsdecode(arguments[1]).endswith(".pyc"):
                if event == "os.rename":
                    self._check_path(arguments[0])
                self._check_path(arguments[1])
        elif event == "sqlite3.connect":
            if isinstance(arguments[0], (str, bytes)) and os.fsdecode(arguments[0]) not in ("", ":memory:"):
                self._check_path(arguments[0])
        elif event in ("socket.connect", "socket.sendto"):
            if isinstance(arguments[1], tuple) or not self._is_own(arguments[1]):
                self._end("connects to %s" % (arguments[1],))
        elif event == "subprocess.Popen":
            self._end("starts another program (%s)" % (os.fsdecode(arguments[0] or arguments[1][0]),))
        elif event in OTHER_PROGRAMS:
            self._end("starts another program")
        elif event == "import" and arguments[0] in SPAWNING_MODULES:
            self._end("starts another interpreter")
        elif event in ("os.kill", "os.killpg") and not self._is_in_session(arguments[0]):
            self._end("sends a signal to another program")

    def _check_open(self, path, mode, flags):
        if isinstance(path, int) or path is None or not flags & WRITING or TEMPORARY and flags & TEMPORARY == TEMPORARY:
            return
        if flags & os.O_EXCL:
            self._check_new(path)
        elif not os.path.isdir(path):  # NamedTemporaryFile names the directory, and opens a new file in it
            self._check_path(path)

    def _check_new(self, path):
        """Something is made that must not exist: it fails, or it is the trial's own."""
        if not os.path.lexists(path):
            self._made.add(os.path.realpath(path))

    def _check_path(self, path, directory=-1):
        if isinstance(path, int):
            return
        if directory not in (-1, None):
            path = os.path.join(os.readlink("/proc/self/fd/%d" % directory), os.fsdecode(path))
        if not self._is_own(path):
            self._end("writes %s outside of $DBATCH_OUT" % os.fsdecode(path))

    def _is_own(self, path):
        path = os.path.realpath(os.fsdecode(path))
        return any(path == own or path.startswith(own + os.sep) for own in [*self._own, *self._made])

    @staticmethod
    def _is_in_session(pid):
        try:
            return os.getsid(abs(pid)) == os.getsid(0)
        except OSError:
            return True

    def _end(self, what):
        self._ended = True
        file = os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        os.write(file, what.encode("utf-8", "backslashreplace"))
        os.killpg(0, signal.SIGKILL)
