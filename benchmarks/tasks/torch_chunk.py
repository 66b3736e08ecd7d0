"""Imports torch and works for about 20 ms a chunk: `torch_chunk.py START COUNT`, or process(start, count) for --warm keep.

The work is done in place: a loop that allocates large tensors takes one or two times as long at random, by the allocator's mood.
"""

import sys

import torch

torch.set_num_threads(1)
STEPS = 9


def process(start, count):
    generator = torch.Generator().manual_seed(start)
    matrix = torch.rand(192, 192, generator=generator)
    product = torch.empty_like(matrix)
    for _ in range(STEPS * count):
        torch.mm(matrix, matrix, out=product)
        product.div_(product.norm())
        matrix.copy_(product)
    return {"trace": float(matrix.trace())}


if __name__ == "__main__":
    print(process(int(sys.argv[1]), int(sys.argv[2])))
