"""200 sleeps of lognormal length, always the same: `skewed.py list` prints them, `skewed.py ideal SLOTS` the seconds of ideal pulling and the bound."""

import heapq
import random
import sys

chance = random.Random(4)
lengths = [round(min(0.6, chance.lognormvariate(-3.4, 0.9)), 4) for _ in range(200)]

if sys.argv[1] == "list":
    print(*lengths, sep="\n")
else:
    slots = [0.0] * int(sys.argv[2])
    for length in lengths:
        heapq.heappush(slots, heapq.heappop(slots) + length)
    print(f"{max(slots):.3f} {max(sum(lengths) / len(slots), max(lengths)):.3f}")
