"""The script or module that the jobs run: where it is, its compiled code, and whether what decided on the imports has changed since.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import os
import sys
import time

import _dbatch_job as job
import _dbatch_preload as preload

STALE_CHECK_SECONDS = 0.5
COMPILED = (".pyc", ".pyz", ".zip")


class Script:
    """What all jobs of this zygote run."""

    def __init__(self, path, module):
        self.path = path          # as it was written; None for a module
        self.module = module      # dotted name; None for a script
        self.code = None          # compiled; None for a module, and for a script that does not compile
        self.place = None         # what sys.path[0] will be in the jobs; None when the interpreter was told to set none
        self.plan = None
        self.stale = False
        self._seen = None
        self._checked = time.monotonic()

    @property
    def argv0(self):
        return self.path or "-m"

    def unfit(self):
        """Why it cannot be forked for, or None."""
        if self.path and not os.path.isfile(self.path):
            return "%s is not a file" % self.path
        if self.path and self.path.endswith(COMPILED):
            return "%s is not a source file" % self.path
        return None

    def find(self):
        """Finds its place and reads its imports. Takes our own entry off sys.path."""
        if not (getattr(sys.flags, "safe_path", False) or sys.flags.isolated):
            sys.path.pop(0)
            self.place = os.getcwd() if self.module else os.path.dirname(os.path.realpath(self.path))
        self.plan = preload.Plan(self._file(), self.place, self.module)

    def enter_path(self):
        """Puts its place where the interpreter would have put it."""
        if self.place is not None:
            sys.path.insert(0, self.place)

    def _file(self):
        """The file whose imports are read."""
        if self.path:
            return self.path
        stem = os.path.join(self.place or os.getcwd(), *self.module.split("."))
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
            pass  # the job will say that there is no such module
        return self.module

    def compile(self):
        """Compiles it once for all jobs, and again when it has changed. A script that does not compile fails in the job, as it should."""
        if self.module:
            return
        try:
            found = os.stat(self.path)
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen == self._seen:
                return
            with open(self.path, "rb") as source:
                text = source.read()
            self._seen = seen
            self.code = None
            self.code = compile(text, job.script_path(self.path), "exec", dont_inherit=True)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            self.code = None

    def became_stale(self):
        """Whether, since it was last asked, the imports have changed, so that the next chunks want a new zygote. True only once."""
        now = time.monotonic()
        if self.stale or now - self._checked < STALE_CHECK_SECONDS:
            return False
        self._checked = now
        if self.plan.changed():
            fresh = preload.Plan(self.plan.script, self.plan.place, self.module)
            self.stale = fresh.wanted != self.plan.wanted or fresh.offers_process != self.plan.offers_process
            self.plan = fresh
        return self.stale

    def run(self):
        """Runs it as __main__; returns (exit code, whether Ctrl-C ended it)."""
        if self.module:
            return job.call(job.run_module, self.module)
        return job.call(job.run_script, self.code, self.path)
