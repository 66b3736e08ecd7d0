"""Moves the memory of the zygote to large pages, so that forks are cheap: most of the time of a fork goes into copying the page table.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import _dbatch_job as job

MADV_COLLAPSE = 25  # Linux 6.1, madvise(2); works also where large pages are only given on request
LARGE_PAGE = 2 << 20  # bytes
PIECE = 2 * LARGE_PAGE  # bytes per step, so that no request waits for long

# Moving copies the memory once, which a handful of forks does not pay back.
MIN_FORKS = 8


class LargePages:
    """Moves one piece per call. Where the kernel cannot do it, nothing happens."""

    def __init__(self):
        self.forks = 0
        self.pieces = None  # (address, bytes) that are left; None before the first step

    def count_fork(self):
        self.forks += 1

    def move_next(self):
        """Moves the next piece, if there were enough forks."""
        if self.forks < MIN_FORKS or job.LIBC is None:
            return
        if self.pieces is None:
            self.pieces = list(anonymous_pieces())
        if self.pieces:
            address, length = self.pieces.pop()
            job.LIBC.madvise(job.ctypes.c_void_p(address), job.ctypes.c_size_t(length), MADV_COLLAPSE)


def anonymous_pieces():
    """The writable memory that no file is behind, as (address, bytes), cut at the borders of large pages."""
    for first, end, permissions, name in mappings():
        if permissions == "rw-p" and (not name or name.startswith(("[heap]", "[anon"))):
            start = (first + LARGE_PAGE - 1) // LARGE_PAGE * LARGE_PAGE
            while start + LARGE_PAGE <= end:
                length = min(PIECE, (end - start) // LARGE_PAGE * LARGE_PAGE)
                yield start, length
                start += length


def mappings():
    """All memory of this process, as (first address, end address, permissions, file or other name)."""
    found = []
    try:
        with open("/proc/self/maps") as maps:
            for line in maps:
                words = line.split(None, 5)
                first, end = (int(word, 16) for word in words[0].split("-"))
                found.append((first, end, words[1], words[5].rstrip() if len(words) > 5 else ""))
    except OSError:
        pass
    return found
