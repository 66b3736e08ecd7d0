"""Captures what the imports print, and writes it into the output of every job: in a process of its own, each job would print it.

Only the standard library, Python 3.8 and later.
"""
import os
import sys

import _dbatch_job as job


class ImportOutput:
    """Standard output and standard error of the imports."""

    def __init__(self):
        self.captured = (b"", b"")  # standard output, standard error

    def start(self):
        """Redirects descriptors 1 and 2 to memory files. Standard input, which is the job's, gives one empty line."""
        self._files = [os.memfd_create("output", os.MFD_CLOEXEC) for _ in range(2)]
        os.dup2(self._files[0], 1)
        os.dup2(self._files[1], 2)
        line = os.memfd_create("input", os.MFD_CLOEXEC)
        os.pwrite(line, b"\n", 0)
        os.dup2(line, 0)
        os.close(line)

    @staticmethod
    def stdin_was_read():
        """Whether an import read standard input."""
        return os.lseek(0, 0, os.SEEK_CUR) > 0

    def stop(self, stderr):
        """Keeps the output. Then descriptors 0 and 1 lead to /dev/null, and 2 to the descriptor given, for errors of the zygote."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        if job.LIBC is not None:
            job.LIBC.fflush(None)
        self.captured = tuple(os.pread(fd, os.fstat(fd).st_size, 0) for fd in self._files)
        for fd in self._files:
            os.close(fd)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.dup2(stderr, 2)
        os.close(null)

    def write(self):
        """Writes the output to descriptors 1 and 2, which are the job's."""
        for fd, text in zip((1, 2), self.captured):
            if text:
                os.write(fd, text)
