"""The floor: two processes that imported torch do all the chunks, nothing else. Prints the seconds of the work alone."""

import multiprocessing
import time

from torch_chunk import process


def half(start, stop, ready, go, done):
    process(0, 1)
    ready.wait()
    go.wait()
    for chunk in range(start, stop):
        process(chunk, 1)
    done.wait()


if __name__ == "__main__":
    chunks = 60
    context = multiprocessing.get_context("spawn")
    ready, go, done = (context.Barrier(3) for _ in range(3))
    workers = [context.Process(target=half, args=(at, at + chunks // 2, ready, go, done)) for at in (0, chunks // 2)]
    for worker in workers:
        worker.start()
    ready.wait()
    started = time.perf_counter()
    go.wait()
    done.wait()
    print(f"{time.perf_counter() - started:.3f}")
    for worker in workers:
        worker.join()
