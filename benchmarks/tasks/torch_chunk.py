"""Imports torch and works for about 20 ms a chunk: `torch_chunk.py START COUNT`, or process(start, count) for --warm keep.

The work is done in place, in one piece of memory whose halves begin at different places of a page: where they begin at the same (as what a fresh process
allocates does), loads and stores of the product get in each other's way and the same work takes 38 ms instead of 21.
"""

import sys

import torch

torch.set_num_threads(1)
STEPS = 9
SIDE = 192


def process(start, count):
    generator = torch.Generator().manual_seed(start)
    both = torch.empty(2, SIDE * SIDE + 16)
    matrix, product = (half[: SIDE * SIDE].view(SIDE, SIDE) for half in both)
    torch.rand(SIDE, SIDE, generator=generator, out=matrix)
    for _ in range(STEPS * count):
        torch.mm(matrix, matrix, out=product)
        product.div_(product.norm())
        matrix.copy_(product)
    return {"trace": float(matrix.trace())}


if __name__ == "__main__":
    print(process(int(sys.argv[1]), int(sys.argv[2])))
