"""A chunk that does next to nothing, so that what is left is the fork: `fork.py START`."""

import statistics
import sys

print(statistics.mean([int(sys.argv[1]), 0]))
