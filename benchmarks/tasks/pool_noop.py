"""The same with Python's own pools: `pool_noop.py pool|executor TASKS`. Prints seconds from the first submit to the last result."""

import concurrent.futures
import multiprocessing
import sys
import time

from noop import process


def one(start):
    return process(start, 1)


if __name__ == "__main__":
    kind, tasks = sys.argv[1], int(sys.argv[2])
    if kind == "pool":
        with multiprocessing.Pool(2) as pool:
            pool.map(one, range(2), chunksize=1)
            started = time.perf_counter()
            for _ in pool.imap_unordered(one, range(tasks), chunksize=1):
                pass
            print(f"{time.perf_counter() - started:.3f}")
    else:
        with concurrent.futures.ProcessPoolExecutor(2) as executor:
            list(executor.map(one, range(2)))
            started = time.perf_counter()
            for _ in concurrent.futures.as_completed([executor.submit(one, start) for start in range(tasks)]):
                pass
            print(f"{time.perf_counter() - started:.3f}")
