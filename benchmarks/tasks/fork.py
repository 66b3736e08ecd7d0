"""A short chunk that needs a library: `fork.py START`."""

import sys

import numpy

print(numpy.arange(int(sys.argv[1]) % 7).sum())
