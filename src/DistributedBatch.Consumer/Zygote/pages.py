"""Puts the memory of this process on large pages: what a fork costs is the page table that it copies, and that the child's end takes apart again.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import _dbatch_job as job

MADV_COLLAPSE = 25  # Linux 6.1; it works where large pages are otherwise only given to those who ask, madvise(2)
LARGE = 2 << 20
PIECE = 2 * LARGE

# Collapsing copies the memory once, which a handful of forks does not bring in again.
WORTH_IT_AFTER = 8


class LargePages:
    """Collapses piece by piece, so that nobody waits for long; where the kernel will not, nothing happens."""

    def __init__(self):
        self.forks = 0
        self.pieces = None

    def forked(self):
        self.forks += 1

    def fold(self):
        """One piece, once it is worth it and while there is one left."""
        if self.forks < WORTH_IT_AFTER or self.pieces == [] or job.LIBC is None:
            return
        if self.pieces is None:
            self.pieces = pieces()
        if self.pieces:
            start, length = self.pieces.pop()
            job.LIBC.madvise(job.ctypes.c_void_p(start), job.ctypes.c_size_t(length), MADV_COLLAPSE)


def pieces():
    """The private memory of this process that no file is behind, in pieces that begin and end where a large page does."""
    found = []
    try:
        with open("/proc/self/maps") as maps:
            for line in maps:
                words = line.split()
                if not words[1].startswith("rw-p") or (len(words) > 5 and not words[5].startswith(("[heap]", "[anon"))):
                    continue
                first, end = (int(word, 16) for word in words[0].split("-"))
                start = (first + LARGE - 1) // LARGE * LARGE
                while start + LARGE <= end:
                    length = min(PIECE, (end - start) // LARGE * LARGE)
                    found.append((start, length))
                    start += length
    except OSError:
        pass
    return found
