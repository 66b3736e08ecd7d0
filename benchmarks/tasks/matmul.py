"""Multiplies matrices with as many threads as the library likes."""

import torch

a = torch.rand(500, 500)
b = torch.empty_like(a)
for _ in range(25):
    torch.relu(torch.mm(a, a, out=b)).div_(b.norm())
