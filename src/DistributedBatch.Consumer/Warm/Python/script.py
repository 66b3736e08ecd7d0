"""The script or module that the jobs run: its location, its compiled code, and whether its imports have changed.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import os
import sys
import time

import _dbatch_job as job
import _dbatch_plan as plan

STALE_CHECK_SECONDS = 0.5
COMPILED = (".pyc", ".pyz", ".zip")


class Script:
    """The script or module of this zygote."""

    def __init__(self, path, module):
        self.path = path          # as written in the command; None for a module
        self.module = module      # dotted name; None for a script
        self.code = None          # compiled; None for a module, and for a script that does not compile
        self.directory = None     # sys.path[0] of the jobs; None when the interpreter flags leave it out
        self.imports = None       # ImportPlan
        self.stale = False
        self._compiled_from = None  # (mtime in ns, size, inode) of the file behind the code
        self._checked_at = time.monotonic()

    @property
    def argv0(self):
        return self.path or "-m"

    def unsupported_reason(self):
        """Why jobs cannot be forked for it, or None."""
        if self.path and not os.path.isfile(self.path):
            return "%s is not a file" % self.path
        if self.path and self.path.endswith(COMPILED):
            return "%s is not a source file" % self.path
        return None

    def locate(self):
        """Finds its directory and reads its imports."""
        if not (getattr(sys.flags, "safe_path", False) or sys.flags.isolated):
            self.directory = os.getcwd() if self.module else os.path.dirname(os.path.realpath(self.path))
        self.imports = plan.ImportPlan(self._file(), self.directory, self.module)

    def enter_path(self):
        """Puts its directory on sys.path, as the interpreter does."""
        if self.directory is not None:
            sys.path.insert(0, self.directory)

    def _file(self):
        """The file to read imports from."""
        if self.path:
            return self.path
        stem = os.path.join(self.directory or os.getcwd(), *self.module.split("."))
        for file in (stem + ".py", os.path.join(stem, "__main__.py")):
            if os.path.isfile(file):
                return file
        try:
            import importlib.util
            spec = importlib.util.find_spec(self.module.partition(".")[0])
            root = os.path.dirname(spec.origin) if spec.submodule_search_locations else spec.origin
            rest = self.module.split(".")[1:]
            for file in (root, os.path.join(root, *rest) + ".py", os.path.join(root, *rest, "__main__.py")):
                if os.path.isfile(file):
                    return file
        except Exception:
            pass  # the job reports that there is no such module
        return self.module

    def compile(self):
        """Compiles it once for all jobs, and again when it has changed. A script with a syntax error fails in the job."""
        if self.module:
            return
        try:
            found = os.stat(self.path)
            version = (found.st_mtime_ns, found.st_size, found.st_ino)
            if version == self._compiled_from:
                return
            with open(self.path, "rb") as source:
                text = source.read()
            self._compiled_from = version
            self.code = None
            self.code = compile(text, job.script_path(self.path), "exec", dont_inherit=True)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            self.code = None

    def became_stale(self):
        """Whether its imports have changed, so that the next chunks need a new zygote. True only once; checked at most twice a second."""
        now = time.monotonic()
        if self.stale or now - self._checked_at < STALE_CHECK_SECONDS:
            return False
        self._checked_at = now
        if self.imports.changed():
            fresh = plan.ImportPlan(self.imports.script, self.imports.directory, self.module)
            self.stale = fresh.wanted != self.imports.wanted or fresh.has_process != self.imports.has_process
            self.imports = fresh
        return self.stale

    def run(self):
        """Runs it as __main__; returns (exit code, whether SIGINT ended it)."""
        if self.module:
            return job.call(job.run_module, self.module)
        return job.call(job.run_script, self.code, self.path)
