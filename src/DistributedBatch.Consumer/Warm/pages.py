"""Lays out the memory of this process so that forks are cheap: what a fork costs is the page table that it copies, and that the child's end takes apart again.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import os

import _dbatch_job as job

MADV_COLLAPSE = 25  # Linux 6.1; it works where large pages are otherwise only given to those who ask, madvise(2)
PROT_READ = 1
MAP_PRIVATE_FIXED = 0x02 | 0x10
LARGE = 2 << 20
PIECE = 2 * LARGE
BATCH = 32
LARGEST = 32 * LARGE  # of what the loader writes; a file of data that looks the same is not to be copied

# Both ways copy the memory once, which a handful of forks does not bring in again.
WORTH_IT_AFTER = 8


class Pages:
    """Does it piece by piece, so that nobody waits for long; where the kernel will not, nothing happens."""

    def __init__(self):
        self.forks = 0
        self.steps = None

    def forked(self):
        self.forks += 1

    def improve(self):
        """One step, once it is worth it and while there is one left."""
        if self.forks < WORTH_IT_AFTER or job.LIBC is None:
            return
        if self.steps is None:
            self.steps = steps(mappings())
        if self.steps:
            act, places = self.steps.pop()
            for start, length in places:
                act(start, length)


def steps(found):
    """What is to be done, the last one first, as (function, the places it is for)."""
    small = list(relocated(found))
    batches = [small[at:at + BATCH] for at in range(0, len(small), BATCH)]
    return [(collapse, [piece]) for piece in pieces(found)] + [(make_clean, batch) for batch in batches]


def mappings():
    """(start, end, permissions, file or other name) of all memory of this process."""
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


def pieces(found):
    """The private memory that no file is behind, in pieces that begin and end where a large page does."""
    for first, end, permissions, name in found:
        if permissions == "rw-p" and (not name or name.startswith(("[heap]", "[anon"))):
            start = (first + LARGE - 1) // LARGE * LARGE
            while start + LARGE <= end:
                length = min(PIECE, (end - start) // LARGE * LARGE)
                yield start, length
                start += length


def collapse(start, length):
    """Puts memory on large pages."""
    job.LIBC.madvise(job.ctypes.c_void_p(start), job.ctypes.c_size_t(length), MADV_COLLAPSE)


def relocated(found):
    """What the loader wrote into libraries before it made it read-only: just before their variables."""
    for (first, end, permissions, name), (after, _, others, same) in zip(found, found[1:]):
        alike = end == after and name == same and name.startswith("/")
        if alike and permissions == "r--p" and others == "rw-p" and end - first <= LARGEST:
            yield first, end - first


def make_clean(start, length):
    """Moves read-only memory that differs from its file to a file of its own. A fork copies no page table of what is as in its file, however it came there."""
    ctypes = job.ctypes
    try:
        with open(os.memfd_create("relocated", os.MFD_CLOEXEC), "wb", buffering=0) as file:
            if file.write((ctypes.c_char * length).from_address(start)) == length:
                job.LIBC.mmap(ctypes.c_void_p(start), ctypes.c_size_t(length), PROT_READ, MAP_PRIVATE_FIXED, file.fileno(), ctypes.c_long(0))
    except OSError:
        pass  # no memory for a copy
