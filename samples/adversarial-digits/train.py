#!/usr/bin/env python3
"""Trains a small classifier on scikit-learn's 1,797 handwritten digits and saves it, with the digits, as one .npz file.

    train.py FILE.npz

Runs once, before the first chunk. The same machine gives the same weights every time.
"""

import os
import sys

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

EPOCHS = 30
HELD_OUT = 5  # every fifth image is kept from training, to tell how good the classifier is


def network():
    """Two convolutions and one linear layer; attack.py computes the same with NumPy."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 4 * 4, 10))


def train(net, images, labels):
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images[batch]), labels[batch]).backward()
            optimizer.step()


def main(path):
    torch.manual_seed(0)
    torch.set_num_threads(1)  # sums in one order, so that training is repeatable

    digits = load_digits()
    images = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
    labels = torch.tensor(digits.target)
    held_out = torch.arange(len(images)) % HELD_OUT == 0

    net = network()
    train(net, images[~held_out], labels[~held_out])
    with torch.no_grad():
        right = (net(images[held_out]).argmax(1) == labels[held_out]).float().mean().item()

    weights = {name.replace(".", "_"): value.numpy() for name, value in net.state_dict().items()}
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    partial = path + ".partial.npz"
    np.savez(partial, images=images[:, 0].numpy(), labels=labels.numpy(), **weights)
    os.replace(partial, path)  # whoever reads the file sees all of it or none
    print(f"trained on {(~held_out).sum()} digits; {right:.1%} right on the {held_out.sum()} it had not seen", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
