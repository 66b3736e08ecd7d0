#!/usr/bin/env python3
"""Gradient descent with momentum on Rosenbrock's valley from a random start; the result is the height it ends at."""

import argparse
import json
import math
import os
import random

STEPS = 2000


def descend(rate, momentum, seed):
    chance = random.Random(seed)
    x, y = chance.uniform(-1.5, 1.5), chance.uniform(-0.5, 2.5)
    speed_x = speed_y = 0.0
    for _ in range(STEPS):
        slope_x = -2 * (1 - x) - 40 * x * (y - x * x)
        slope_y = 20 * (y - x * x)
        speed_x = momentum * speed_x - rate * slope_x
        speed_y = momentum * speed_y - rate * slope_y
        x, y = x + speed_x, y + speed_y
        if not math.isfinite(x * x + y * y) or abs(x) > 1e6:
            return None  # the steps were too long and it flew off
    return (1 - x) ** 2 + 10 * (y - x * x) ** 2


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rate", type=float, required=True)
    arguments.add_argument("--momentum", type=float, required=True)
    arguments.add_argument("--seed", type=int, required=True)
    chosen = arguments.parse_args()
    height = descend(**vars(chosen))
    print(f"rate {chosen.rate}, momentum {chosen.momentum}, seed {chosen.seed}: {height}")
    with open(os.environ.get("DBATCH_RESULT", os.devnull), "w", encoding="utf-8") as file:
        json.dump({**vars(chosen), "height": height}, file)


if __name__ == "__main__":
    main()
