"""What imports print belongs to every job's output, as it would have been there in a process of its own.

Only the standard library, Python 3.8 and later.
"""
import os
import sys

import _dbatch_job as job


class Printed:
    """Catches standard output and standard error while the imports are done, and writes what it caught into each job's."""

    def __init__(self):
        self.caught = (b"", b"")

    def catch(self):
        self._files = [os.memfd_create("print", os.MFD_CLOEXEC) for _ in range(2)]
        os.dup2(self._files[0], 1)
        os.dup2(self._files[1], 2)

    def release(self, complaints):
        """Ends it. The three standard descriptors lead nowhere then, but for errors of our own."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        if job.LIBC is not None:
            job.LIBC.fflush(None)
        self.caught = tuple(os.pread(fd, os.fstat(fd).st_size, 0) for fd in self._files)
        for fd in self._files:
            os.close(fd)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.dup2(complaints, 2)
        os.close(nothing)

    def repeat(self):
        """Writes it where a job's output goes."""
        for fd, text in zip((1, 2), self.caught):
            if text:
                os.write(fd, text)
